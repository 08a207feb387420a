/** Teachers from files of other tools as the command line names them: `[NAME=]FILE[?size=224&taps=hidden_0,hidden_11&mean=0.5,0.5,0.5]`. */

import { type ForeignFormat, type ForeignOptions, formatOf, onnxTeacher, torchScriptTeacher } from "../../models/index.js";
import { didYouMean } from "../../nearest.js";
import { UserError } from "../../user-error.js";

/** As a recipe makes it. */
export interface ForeignSpec {
  make: "onnxTeacher" | "torchScriptTeacher";
  file: string;
  options: ForeignOptions;
}

const makers: Record<ForeignFormat, ForeignSpec["make"]> = { onnx: "onnxTeacher", torchscript: "torchScriptTeacher" };

export const openForeign = ({ make, file, options }: ForeignSpec) => ({ onnxTeacher, torchScriptTeacher })[make](file, options);

/** Undefined for what names a model of ours, with its weights or without. */
export function foreignSpec(given: string): ForeignSpec | undefined {
  const [, name, file, query] = /^(?:([^=?]*)=)?([^?]*)(?:\?(.*))?$/s.exec(given) ?? [];
  if (file === undefined) return undefined;
  const format = formatOf(file) ?? (name === undefined && /\.(pt|ts|torchscript|jit)$/i.test(file) ? "torchscript" : null);
  return format === null
    ? undefined
    : { make: makers[format], file, options: { ...(name && { name }), ...optionsIn(query ?? "") } };
}

const numbers = (text: string, what: string): number[] =>
  text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() !== "" && Number.isFinite(value)) return value;
    throw new UserError("ERR_INVALID_OPTION", `${what} takes numbers, such as 0.5,0.5,0.5, got "${text}"`);
  });
const number = (text: string, what: string): number => {
  const [value, ...others] = numbers(text, what);
  if (others.length === 0 && value > 0) return value;
  throw new UserError("ERR_INVALID_OPTION", `${what} takes one number, got "${text}"`);
};

/** What each key says, and how it is read. */
const keys: Record<string, (text: string, options: ForeignOptions) => ForeignOptions> = {
  size: (text, { input }) => ({ input: { ...input, size: number(text, "size") } }),
  channels: (text, { input }) => ({ input: { ...input, channels: number(text, "channels") } }),
  mean: (text, { input }) => ({ input: { ...input, mean: numbers(text, "mean") } }),
  std: (text, { input }) => ({ input: { ...input, std: numbers(text, "std") } }),
  crop: (text, { input }) => ({ input: { ...input, crop: number(text, "crop") } }),
  interpolation: (text, { input }) => ({ input: { ...input, interpolation: interpolation(text) } }),
  taps: (text) => ({ taps: tapsIn(text) }),
  logits: (text) => ({ logits: text }),
  batch: (text) => ({ batch: number(text, "batch") }),
};

function optionsIn(query: string): ForeignOptions {
  let options: ForeignOptions = {};
  for (const [key, text] of new URLSearchParams(query.replaceAll("+", "%2B"))) {
    if (!Object.hasOwn(keys, key))
      throw new UserError("ERR_UNKNOWN_OPTION", `A teacher's file takes no "${key}"`, { remedy: didYouMean(key, Object.keys(keys)) ?? `It takes ${Object.keys(keys).join(", ")}.` }); // biome-ignore format: one row
    options = { ...options, ...keys[key](text, options) };
  }
  return options;
}

/** `hidden_0,hidden_11` by the file's own names, or `blocks.0=hidden_0,…`. */
function tapsIn(text: string): Record<string, string> {
  const pairs = text.split(",").map((tap): [string, string] => {
    const [name, output = name] = tap.split(/=(.*)/s);
    return [name, output];
  });
  return Object.fromEntries(pairs);
}

function interpolation(text: string): "bicubic" | "bilinear" {
  if (text === "bicubic" || text === "bilinear") return text;
  throw new UserError("ERR_INVALID_OPTION", `interpolation takes bicubic or bilinear, got "${text}"`);
}
