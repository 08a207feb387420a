/** All checks of a folder, one after another, so that each can be told as soon as it is made. */

import type { Check } from "./check.js";
import { checkAdvice } from "./co-advise.js";
import type { Filler } from "./filler.js";
import type { Folder } from "./folder.js";
import { checkLosses } from "./losses.js";
import { checkModel, sortModels } from "./models.js";
import { checkSchedule } from "./schedule.js";
import { checkTrajectory } from "./trajectory.js";

export function* checkFolder(folder: Folder, filler: Filler): Generator<Check> {
  if (folder.schedule) yield* checkSchedule(folder.schedule);
  if (folder.losses) yield* checkLosses(folder.losses, filler);
  for (const run of folder.trajectories ?? []) yield* checkTrajectory(run, filler);
  if (folder.adviceTrajectory) yield* checkAdvice(folder.adviceTrajectory, filler);
  for (const name of sortModels(folder).built) yield* checkModel(name, folder, filler);
}

/** What the folder holds and we cannot check yet. */
export const notBuilt = (folder: Folder): string[] => sortModels(folder).missing;
