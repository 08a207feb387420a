/** Answers one JSON line with one JSON line, until the input ends; and how long a run takes. */
import { createInterface } from "node:readline";

export async function serve(answers: Record<string, (details: never) => unknown>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: what, ...details } = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await answers[what](details as never))}\n`);
  }
}

/** Milliseconds of each of `count` runs. */
export function times(count: number, run: () => void): number[] {
  return Array.from({ length: count }, () => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  });
}
