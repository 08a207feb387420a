/** A written recipe put into a new run folder and run from there: the very file that the user can run again. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../checkpoint/index.js";
import type { TrainEvent } from "../events.js";
import { loadRecipe } from "../load-recipe.js";
import { recipeSource } from "../resolved-recipe.js";
import { claimRunFolder, openRunFolder } from "../run-folder.js";
import { type TrainOptions, train } from "../train.js";

export interface WrittenRun extends Pick<TrainOptions, "device" | "doctor" | "signal"> {
  name: string;
  out?: string;
  text: string;
  /** Puts into the folder what the recipe finds beside it. */
  prepare: (dir: string) => AsyncIterable<PreparedEvent>;
}

export interface PreparedEvent {
  kind: "head";
  /** Whose head was trained. */
  model: string;
  /** The share of pictures that it names rightly. */
  accuracy: number;
  /** Whether those pictures were kept from it. */
  heldOut: boolean;
  pictures: number;
  file: string;
}

/** Yields what is prepared and then the run. A folder whose run never began is taken away again, if it was not there before. */
export async function* runWritten({
  name,
  out,
  text,
  prepare,
  ...options
}: WrittenRun): AsyncGenerator<PreparedEvent | TrainEvent> {
  const wasThere = out !== undefined && existsSync(out);
  const dir = claimRunFolder({ name, dir: out });
  try {
    const file = join(dir, "recipe.ts");
    writeFileAtomic(file, text);
    yield* prepare(dir);
    const recipe = await loadRecipe(file);
    yield* train(recipe, { ...options, dir, claimed: true, source: recipeSource(file, false) });
  } finally {
    if (!wasThere && !hasBegun(dir)) rmSync(dir, { recursive: true, force: true });
  }
}

function hasBegun(dir: string): boolean {
  try {
    openRunFolder(dir);
    return true;
  } catch {
    return false;
  }
}
