/**
 * Two runs in one process, side by side: the quick start's student alone, and under its teacher by soft KL, told through events.
 * `train` prints nothing; each run draws from its own random streams and is what it would be alone.
 * Command: node --import tsx examples/two-runs.ts (the run folders go to runs/)
 */

import { memory, type Recipe, type Summary, train } from "vit-distill";
import alone from "../recipes/fashion-mnist/students/alone.js";
import soft from "../recipes/fashion-mnist/students/soft.js";

const short = (recipe: Recipe, name: string): Recipe => ({ ...recipe, name, steps: 40, evalEvery: 20 });
const options = { smoke: false, seed: 0 };

/** Runs the recipe and tells what is worth telling; every event's `kind` decides what else it has. */
async function follow(recipe: Recipe): Promise<Summary> {
  for await (const event of train(recipe)) {
    switch (event.kind) {
      case "begin":
        console.log(`${recipe.name}: ${event.student.name} in ${event.precision} → ${event.dir}`);
        break;
      case "step":
        if (event.step % 20 === 0)
          console.log(`${recipe.name}: step ${event.step}/${event.steps}  loss ${event.loss.toFixed(3)}`);
        break;
      case "eval":
        console.log(`${recipe.name}: after step ${event.step} ${(100 * event.top1).toFixed(1)} % are named rightly`);
        break;
      case "end":
        return event.summary; // leaving the loop, here or in the middle, frees what the run holds
    }
  }
  throw new Error("unreachable: a run that does not end throws");
}

const before = memory().tensors;
const summaries = await Promise.all([follow(short(alone(options), "alone")), follow(short(soft(options), "soft"))]);
for (const { name, best, pace } of summaries)
  console.log(`${name}: best ${(100 * best!.top1).toFixed(1)} %, ${Math.round(pace!.imagesPerSecond)} pictures a second`);
console.log(`tensors left: ${memory().tensors - before}`);
