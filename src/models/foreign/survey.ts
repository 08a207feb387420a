/** What a foreign program takes and gives: read from its file, said in options, and seen by running it once on blank pictures. */
import { tidy, zeros } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import { inputSpec } from "../inputs.js";
import type { InputSpec } from "../model.js";
import type { ForeignOptions } from "./foreign-teacher.js";
import { type Program, sentenceOf } from "./program.js";
import { type ForeignTap, type TapFacts, tapFacts } from "./tap.js";

// B images, C channels, S image size

export interface Survey {
  input: InputSpec;
  /** Pictures at once; null for any number. */
  batch: number | null;
  /** The name of the output with the answers. */
  logits: string;
  numClasses: number;
  taps: ReadonlyMap<string, TapFacts>;
  /** Of each result, the pictures left out. */
  shapes: ReadonlyMap<string, readonly number[]>;
}

type Shapes = ReadonlyMap<string, readonly number[]>;

export function survey(program: Program, options: ForeignOptions, say: (sentence: string) => void): Survey {
  const { file } = program;
  const input = inputOf(program, options, say);
  const named = namedTaps(options.taps);
  const wanted = named.map(([, { output }]) => output);
  const { batch, shapes } = look(program, { input, wanted, batch: options.batch ?? program.input.shape?.[0] ?? null, say });
  const taps = named.map(([name, tap]) => [name, tapFacts(name, tap, { shape: shapes.get(tap.output)!, where: file })] as const);
  const logits = options.logits ?? onlyAnswer(shapes, wanted, file);
  const numClasses = classesOf(shapes, logits, file);
  return { input, batch, logits, numClasses, taps: new Map(taps), shapes };
}

/** The taps that options name, each with the name of its result. */
export function namedTaps(taps: ForeignOptions["taps"] = []): [string, ForeignTap][] {
  const isList = (value: typeof taps): value is readonly string[] => Array.isArray(value);
  if (isList(taps)) return taps.map((output) => [output, { output }]);
  return Object.entries(taps).map(([name, tap]) => [name, typeof tap === "string" ? { output: tap } : tap]);
}

function inputOf(
  { file, input: { shape } }: Program,
  { input = {} }: ForeignOptions,
  say: (sentence: string) => void,
): InputSpec {
  const [, channels, height, width] = shape ?? [];
  const size = height ?? width ?? input.size;
  if (size === undefined)
    throw new UserError("ERR_INPUT_SHAPE", "does not say at which size it sees pictures", {
      where: file,
      remedy: "Say it: input: { size: 224 }, or on the command line FILE?size=224.",
    });
  const [inChannels, declared] = [channels ?? input.channels ?? 3, `${channels ?? "C"}×${height ?? "H"}×${width ?? "W"}`];
  const isOther = [height, width, input.size].some((side) => side != null && side !== size);
  if (isOther || (input.channels !== undefined && input.channels !== inChannels))
    throw new UserError("ERR_INPUT_SHAPE", `takes pictures of ${declared}`, { where: file, remedy: "A teacher takes squares, and the size that is said must be the file's." }); // biome-ignore format: one row
  const spec = inputSpec({ imgSize: size, inChannels, input });
  if (input.mean === undefined || input.std === undefined)
    say(`its file does not say in which colours it sees; taken for mean ${spec.mean.join(" ")}, std ${spec.std.join(" ")}`);
  return spec;
}

interface LookOptions {
  input: InputSpec;
  wanted: readonly string[];
  batch: number | null;
  say: (sentence: string) => void;
}

/** How many pictures people show a model when they export it, and so build into it. */
const BUILT_IN = [1, 2, 4, 8, 16];

/** Of three pictures, unless so many are fixed; where those are refused, a number of pictures may be built in. */
function look(program: Program, { input, wanted, batch, say }: LookOptions): Pick<Survey, "batch" | "shapes"> {
  const shapes = (pictures: number) => inWords(program, input, pictures, () => shapesOf(program, input, wanted, pictures));
  if (batch !== null) return { batch, shapes: shapes(batch) };
  try {
    return { batch, shapes: shapesOf(program, input, wanted, 3) };
  } catch (error) {
    if (error instanceof UserError) throw error;
  }
  const found = BUILT_IN.find((pictures) => succeeds(() => shapes(pictures))) ?? 1;
  const seen = { batch: found, shapes: shapes(found) };
  say(`it takes ${found === 1 ? "one picture" : `${found} pictures`} at a time, and is run so`);
  return seen;
}

function succeeds(fn: () => unknown): boolean {
  try {
    fn();
    return true;
  } catch {
    return false;
  }
}

function shapesOf(program: Program, { channels, size }: InputSpec, wanted: readonly string[], pictures: number): Shapes {
  return tidy(() => {
    const results = program.run(zeros([pictures, channels, size, size]));
    const shapes = new Map([...results].map(([name, { shape }]) => [name, shape]));
    const [other, shape] = [...shapes].find(([name, [count]]) => wanted.includes(name) && count !== pictures) ?? [];
    if (other !== undefined) throw new Error(`it gives "${other}" [${shape}]`);
    return shapes;
  });
}

/** A runtime's error as a sentence about the file. */
export function inWords<T>({ file }: Program, { channels, size }: InputSpec, pictures: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const what = `cannot run on ${pictures} ${pictures === 1 ? "picture" : "pictures"} of ${channels}×${size}×${size}: ${sentenceOf(error)}`;
    throw new UserError("ERR_IMPORTED_MODEL", what, {
      where: file,
      remedy: "Are its size and the number of pictures that it takes (batch) right?",
      cause: error,
    });
  }
}

/** The one output of rank 2, [B, classes]. */
function onlyAnswer(shapes: Shapes, taps: readonly string[], where: string): string {
  const answers = [...shapes].filter(([name, shape]) => shape.length === 2 && !taps.includes(name)).map(([name]) => name);
  if (answers.includes("logits")) return "logits";
  if (answers.length === 1) return answers[0];
  const given = [...shapes].map(([name, shape]) => `${name} [${["B", ...shape.slice(1)].join(", ")}]`).join(", ");
  throw new UserError(
    "ERR_IMPORTED_MODEL",
    `gives ${given}: ${answers.length === 0 ? "none" : "more than one"} is [B, classes]`,
    {
      where,
      remedy: answers.length === 0 ? "A teacher needs a head." : "Say which holds the answers: logits.",
    },
  );
}

function classesOf(shapes: Shapes, logits: string, where: string): number {
  const shape = shapes.get(logits);
  if (shape?.length === 2) return shape[1];
  const given = [...shapes.keys()].join(", ");
  throw new UserError("ERR_IMPORTED_MODEL", shape ? `its output "${logits}" is [${shape}], and answers are [B, classes]` : `has no output "${logits}"; it has ${given}`, { where }); // biome-ignore format: one row
}
