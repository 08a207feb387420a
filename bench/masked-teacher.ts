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
  about: "time and memory of a step whose teacher, CaiT-S24, sees a share of the patches, beside one whose teacher sees all",
  async run({ threads, note }) {
    const { times, ...details } = await opened(threads, settings, async (program, macs) => {
      const { torch } = await program.ask<{ torch: string }>("describe");
      note(`${settings.length} sessions in turn`);
      return { times: await inTurn(program), torch, macs };
    });
    note("memory, each session in a process of its own");
    const memory = await inMemory(threads);
    return {
      rows: [...METHODS.flatMap((method) => rowsOf(method, times)), ...memory],
      details: { threads, pictures: PICTURES, ...details },
    };
  },
};

/** Multiply-accumulates of the teacher for a picture, by the patches that it sees. */
type Macs = Record<string, number>;

/** With a program that is ready to step in these settings. */
async function opened<T>(threads: number, settings: readonly Setting[], fn: (program: Program, macs: Macs) => Promise<T>) {
  const program = oursOf("masked-teacher", equal(threads));
  try {
    const seen = SHARES.map((share) => Math.round(share * PATCHES));
    return await fn(program, await program.ask<Macs>("prepare", { settings, pictures: PICTURES, seen }));
  } finally {
    program.end();
  }
}

/** The student's graph is there while a masked teacher looks; fewer patches take less. */
async function inMemory(threads: number): Promise<Row[]> {
  const peakOf = (keep: number | null): Promise<number> => {
    const setting: Setting = { method: "manifold", keep };
    return opened(threads, [setting], async (program) => {
      await program.ask("step", { setting });
      program.forgetPeak();
      for (let step = 0; step < 2; step++) await program.ask("step", { setting });
      return program.peakMemory();
    });
  };
  const whole = await peakOf(null);
  const rows: Row[] = [];
  for (const keep of [1, 0.5]) rows.push(row(`manifold, keep ${keep}: largest memory`, "MiB", await peakOf(keep), whole, null));
  return rows;
}

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
