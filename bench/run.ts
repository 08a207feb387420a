/** A bench, and running one so that what it meets harms no other. */
import { type Missing, machine, type Result, type Row } from "./form.js";
import { Program } from "./program.js";

export interface RunOptions {
  /** What both sides get where they run on equal settings. */
  threads: number;
  /** Says how far it is. */
  note: (text: string) => void;
}

export interface Found {
  rows: Row[];
  /** Rows that lack what they need here. */
  missing?: Missing[];
  /** The setting, of which the threads are always said; kept with the machine's facts. */
  details: { threads: unknown; [detail: string]: unknown };
}

export interface Bench {
  about: string;
  run(options: RunOptions): Promise<Found>;
}

/** What a bench found, or, in a row of its own, why it found nothing. */
export interface Outcome extends Result {
  failed: boolean;
}

/** Runs one bench to its end, whatever that is, and leaves no program of it behind. */
export async function outcomeOf(name: string, bench: Bench, options: RunOptions): Promise<Outcome> {
  try {
    const { rows, missing = [], details } = await bench.run(options);
    return { bench: name, machine: machine(details), rows, missing, failed: false };
  } catch (error) {
    const why = (error as Error).message;
    options.note(why);
    const missing = [{ name: "all of it", why: why.replaceAll(/\s*\n\s*/g, " ") }];
    return { bench: name, machine: machine({ threads: options.threads }), rows: [], missing, failed: true };
  } finally {
    Program.endAll();
  }
}

/** 1 when a bench failed; asked to `check`, also when a row missed its target or was not measured. */
export function exitCode(outcomes: readonly Outcome[], check: boolean): number {
  const unmet = outcomes.some(({ rows, missing }) => missing.length > 0 || rows.some(({ ok }) => !ok));
  return outcomes.some(({ failed }) => failed) || (check && unmet) ? 1 : 0;
}
