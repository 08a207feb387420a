/** What a masked teacher saves: DeiT-Tiny under CaiT-S24, 224 px, at several shares of its patches beside the same step without a mask. */
import { median, type Row, row } from "./form.js";
import { equal, oursOf } from "./pair.js";
import type { Program } from "./program.js";
import type { Bench } from "./run.js";

const PICTURES = 16;
const PATCHES = 196;
const ROUNDS = 5;
const SHARES = [1, 0.75, 0.5, 0.25];
const METHODS = ["soft", "manifold"] as const;
/** A teacher may take so much more than its share. */
const ALLOWED = 0.1;

/** What a session is opened with; `keep` is null where there is no mask. */
export interface Setting {
  method: (typeof METHODS)[number];
  keep: number | null;
}

/** Milliseconds. */
export interface Times {
  step: number;
  teacher: number;
}

const settings: readonly Setting[] = METHODS.flatMap((method) => [null, ...SHARES].map((keep) => ({ method, keep })));

export const maskedTeacher: Bench = {
  about: "time of a step and of its teacher, CaiT-S24, that sees a share of the patches, beside one that sees all",
  async run({ threads, note }) {
    const program = oursOf("masked-teacher", equal(threads));
    try {
      const { torch } = await program.ask<{ torch: string }>("describe");
      const seen = SHARES.map((share) => Math.round(share * PATCHES));
      const macs = await program.ask<Record<string, number>>("prepare", { settings, pictures: PICTURES, seen });
      note(`${settings.length} sessions in turn`);
      const times = await inTurn(program);
      return { rows: METHODS.flatMap((method) => rowsOf(method, times)), details: { threads, torch, pictures: PICTURES, macs } };
    } finally {
      program.end();
    }
  },
};

type Measured = Map<string, Times>;

/** Medians of steps in turn, all in one process; the first round warms up. */
async function inTurn(program: Program): Promise<Measured> {
  const taken = settings.map(() => [] as Times[]);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, setting] of settings.entries()) taken[i].push(await program.ask<Times>("step", { setting }));
  return new Map(settings.map((setting, i) => [JSON.stringify(setting), medians(taken[i].slice(1))]));
}

const medians = (all: readonly Times[]): Times => ({
  step: median(all.map(({ step }) => step)),
  teacher: median(all.map(({ teacher }) => teacher)),
});

function rowsOf(method: Setting["method"], times: Measured): Row[] {
  const of = (keep: number | null): Times => times.get(JSON.stringify({ method, keep }))!;
  const whole = of(null);
  return SHARES.flatMap((keep) => [
    row(`${method}, keep ${keep}: teacher`, "ms", of(keep).teacher, whole.teacher, keep + ALLOWED),
    row(`${method}, keep ${keep}: step`, "ms", of(keep).step, whole.step, null),
  ]);
}
