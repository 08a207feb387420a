/** Which student layer learns from which teacher layer. */

import type { ModelInfo, TapShape } from "../models/index.js";
import { UserError } from "../user-error.js";
import type { Players, TapNames } from "./method.js";

/** A number counts a model's layers from 0; a string is the name of a tap. */
type Layer = number | string;

/** [student layer, teacher layer] */
export type LayerPair = readonly [Layer, Layer];

/** Pairs spelled out, or a rule that makes them from the two numbers of layers. */
export type LayerMap = readonly LayerPair[] | ((studentLayers: number, teacherLayers: number) => LayerPair[]);

/** The first n layers of one with the first n of the other, and the last n with the last n: the released choice with n = 4. */
export const firstAndLast = (n: number): LayerMap =>
  named({ rule: "firstAndLast", n }, (student, teacher) => {
    const most = Math.min(n, Math.floor(Math.min(student, teacher) / 2));
    const first = Array.from({ length: most }, (_, i): LayerPair => [i, i]);
    const last = Array.from({ length: most }, (_, i): LayerPair => [student - most + i, teacher - most + i]);
    return [...first, ...last];
  });

/** Every student layer, spread evenly over the teacher's, the last with the last. */
export const everyLayer = (): LayerMap =>
  named({ rule: "everyLayer" }, (student, teacher) =>
    Array.from({ length: student }, (_, i): LayerPair => [i, Math.round(((i + 1) * teacher) / student) - 1]),
  );

/** A rule with its name on it, for the run folder. */
const named = (name: object, rule: (studentLayers: number, teacherLayers: number) => LayerPair[]): LayerMap =>
  Object.assign(rule, name);

/** A tap of a model, and what is known of it before the model runs. */
export interface Tap extends TapShape {
  readonly name: string;
  readonly model: string;
  readonly prefixTokens: number;
}

/** Two taps that are to be compared. */
export interface TapPair {
  readonly student: Tap;
  readonly teacher: Tap;
}

/** The pairs for these models; a layer that does not exist is an error. */
export function layerPairs(map: LayerMap, { student, teacher }: Players): TapPair[] {
  const pairs = typeof map === "function" ? map(student.layers.length, teacher.layers.length) : map;
  if (pairs.length === 0)
    throw new UserError("ERR_LAYER_MAP", "The layer map is empty.", {
      remedy: "Name at least one [student layer, teacher layer].",
    });
  return pairs.map(([s, t]) => ({ student: tapAt(s, "student", student), teacher: tapAt(t, "teacher", teacher) }));
}

function tapAt(layer: Layer, role: string, { name: model, layers, taps, prefixTokens }: ModelInfo): Tap {
  const name = typeof layer === "number" ? layers[layer] : layer;
  if (name !== undefined && Object.hasOwn(taps, name)) return { name, model, prefixTokens, ...taps[name] };
  const remedy =
    typeof layer === "number"
      ? `It has ${layers.length}, ${layers[0]} to ${layers[layers.length - 1]}, counted from 0.`
      : `It has ${Object.keys(taps).join(", ")}.`;
  throw new UserError("ERR_LAYER_MAP", `The layer map names ${role} layer ${layer}, which ${model} does not have`, { remedy });
}

/** The names to ask both models for. */
export const tapNames = (pairs: readonly TapPair[]): TapNames => ({
  student: pairs.map(({ student }) => student.name),
  teacher: pairs.map(({ teacher }) => teacher.name),
});
