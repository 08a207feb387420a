/** Two programs that do the same, ours and PyTorch's, each a process of its own. */
import { compiled } from "./compile.js";
import { median } from "./form.js";
import { type Environment, Program } from "./program.js";

export type Pair = { ours: Program; reference: Program };
export type Sides<T = number> = { ours: T; reference: T };

/** Both on `threads` of torch's own pool; BLAS keeps to one, because the two pools fight when both are wide. */
export const equal = (threads: number): Environment => ({
  VIT_DISTILL_THREADS: undefined, // which would come before the others on our side
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: "1",
});

const file = (path: string) => new URL(path, import.meta.url).pathname;

/** Starts `ours/NAME.ts`, which compileOurs() has compiled. */
export const oursOf = (name: string, environment: Environment = {}): Program =>
  new Program([process.execPath, compiled(name)], environment);

/** Starts `reference/NAME.py`. */
export const referenceOf = (name: string, python: string, environment: Environment = {}): Program =>
  new Program([python, file(`reference/${name}.py`)], environment);

/** Starts both sides afresh, so that the peak of one measurement is not the peak of another. */
export const within = <T>(name: string, python: string, environment: Environment, measure: (pair: Pair) => Promise<T>) =>
  during({ ours: oursOf(name, environment), reference: referenceOf(name, python, environment) }, measure);

/** Ends both sides when all is measured. */
export async function during<T>(pair: Pair, measure: (pair: Pair) => Promise<T>): Promise<T> {
  try {
    return await measure(pair);
  } finally {
    pair.ours.end();
    pair.reference.end();
  }
}

/** The libtorch of each; both sides run on as many threads, or there is nothing to compare. */
export async function versions({ ours, reference }: Pair) {
  const [left, right] = await Promise.all(
    [ours, reference].map((side) => side.ask<{ torch: string; threads: number }>("describe")),
  );
  if (left.threads !== right.threads) throw new Error(`Unequal threads: ours ${left.threads}, PyTorch ${right.threads}`);
  return { torch: { ours: left.torch, reference: right.torch } };
}

/** Asks both sides in turn, so that whatever else the machine does falls on both; the first round warms up. */
export async function inTurn(
  { ours, reference }: Pair,
  rounds: number,
  ask: (program: Program) => Promise<number>,
): Promise<Sides> {
  const times = { ours: [] as number[], reference: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    times.ours.push(await ask(ours));
    times.reference.push(await ask(reference));
  }
  return { ours: median(times.ours.slice(1)), reference: median(times.reference.slice(1)) };
}
