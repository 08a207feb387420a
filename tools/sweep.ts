/**
 * Runs recipes over several seeds and prints mean ± standard deviation: the numbers of RESULTS.md.
 * Command: node --import tsx tools/sweep.ts [--seeds 5] [--split val|test] [--out runs/sweep] RECIPE…
 */

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, loadRecipe, loadTensors, loadWeights, recipeSource, Session, tidy, train } from "vit-distill";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "5" },
    split: { type: "string", default: "val" },
    out: { type: "string", default: "runs/sweep" },
  },
});
const split = values.split === "test" ? "test" : "val";

interface Outcome {
  top1: number;
  seconds: number;
}

/** Trains one recipe with one seed and scores the student it leaves. */
async function run(file: string, seed: number, dir: string): Promise<Outcome> {
  const recipe = await loadRecipe(file, { smoke: false, seed });
  const began = performance.now();
  for await (const _ of train(recipe, { dir, seed, source: recipeSource(file, false) }));
  const seconds = (performance.now() - began) / 1000;
  using session = Session.open(recipe, { seed, device: "cpu" });
  tidy(() => {
    loadWeights(session.student, loadTensors(join(dir, "student.safetensors")));
  });
  const { top1 } = await evaluate(session.student, session.evaluationLoader(split)!, session);
  return { top1: 100 * top1, seconds };
}

const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const deviation = (xs: number[]): number =>
  Math.sqrt(xs.reduce((sum, x) => sum + (x - mean(xs)) ** 2, 0) / Math.max(1, xs.length - 1));

console.log(`| recipe | ${split} top-1 | seeds | each | seconds a run |\n|---|---|---|---|---|`);
for (const file of positionals) {
  const outcomes: Outcome[] = [];
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    outcomes.push(await run(file, seed, join(values.out, `${basename(file, ".ts")}-${seed}`)));
  }
  const top1 = outcomes.map((o) => o.top1);
  const each = top1.map((x) => x.toFixed(2)).join(" ");
  const seconds = mean(outcomes.map((o) => o.seconds)).toFixed(0);
  console.log(
    `| ${basename(file, ".ts")} | ${mean(top1).toFixed(2)} ± ${deviation(top1).toFixed(2)} | ${top1.length} | ${each} | ${seconds} |`,
  );
}
