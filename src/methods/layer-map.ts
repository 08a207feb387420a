/** Which student block learns from which teacher block. */

import { UserError } from "../user-error.js";
import type { Players, TapNames } from "./method.js";

/** [student block, teacher block] */
export type LayerPair = readonly [number, number];

/** Pairs spelled out, or a rule that makes them from the two depths. */
export type LayerMap = readonly LayerPair[] | ((studentDepth: number, teacherDepth: number) => LayerPair[]);

/** The first n blocks of one with the first n of the other, and the last n with the last n: the released choice with n = 4. */
export const firstAndLast = (n: number): LayerMap =>
  named({ rule: "firstAndLast", n }, (student, teacher) => {
    const most = Math.min(n, Math.floor(Math.min(student, teacher) / 2));
    const first = Array.from({ length: most }, (_, i): LayerPair => [i, i]);
    const last = Array.from({ length: most }, (_, i): LayerPair => [student - most + i, teacher - most + i]);
    return [...first, ...last];
  });

/** Every student block, spread evenly over the teacher's, the last with the last. */
export const everyLayer = (): LayerMap =>
  named({ rule: "everyLayer" }, (student, teacher) =>
    Array.from({ length: student }, (_, i): LayerPair => [i, Math.round(((i + 1) * teacher) / student) - 1]),
  );

/** A rule with its name on it, for the run folder. */
const named = (name: object, rule: (studentDepth: number, teacherDepth: number) => LayerPair[]): LayerMap =>
  Object.assign(rule, name);

/** The pairs for these models; a block that does not exist is an error. */
export function layerPairs(map: LayerMap, { student, teacher }: Players): LayerPair[] {
  const pairs = typeof map === "function" ? map(student.depth, teacher.depth) : [...map];
  if (pairs.length === 0)
    throw new UserError("The layer map is empty.", { remedy: "Name at least one [student block, teacher block]." });
  for (const [s, t] of pairs) {
    if (!student.tapNames.includes(`blocks.${s}`)) throw missing("student", s, student);
    if (!teacher.tapNames.includes(`blocks.${t}`)) throw missing("teacher", t, teacher);
  }
  return pairs;
}

const missing = (role: string, block: number, { name, tapNames }: Players["student"]): UserError =>
  new UserError(`The layer map names ${role} block ${block}, which ${name} does not have`, {
    remedy: `It has ${tapNames[0]} to ${tapNames[tapNames.length - 1]}.`,
  });

export const tapsOf = (pairs: readonly LayerPair[]): TapNames => ({
  student: pairs.map(([s]) => `blocks.${s}`),
  teacher: pairs.map(([, t]) => `blocks.${t}`),
});
