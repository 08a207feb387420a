/** One line per step of set-up: what it did and how long it took. */
import { performance } from "node:perf_hooks";

const quiet = process.argv.includes("--quiet");

const line = (name, text) => console.log(`setup  ${name.padEnd(14)} ${text}`);

/** Runs one step. `say` announces work that takes time; without it the step found nothing to do, and `--quiet` hides it. */
export function step(name, work) {
  const begin = performance.now();
  let said = false;
  const say = (text) => {
    said = true;
    line(name, `${text} …`);
  };
  const { text, value } = work(say);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  if (said || !quiet) line(name, `${text} (${seconds} s)`);
  return value;
}

export const warn = (name, text) => line(name, `WARNING: ${text}`);
