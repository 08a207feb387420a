/** What a run is made of, and whether it goes on with that: recipe, pictures and teachers must be the same, the machine may be another, aloud. */

import { existsSync, readFileSync } from "node:fs";
import { writeJsonAtomic } from "../checkpoint/index.js";
import { UserError } from "../user-error.js";
import { type Change, differences, type Paint, showChange } from "./differences.js";
import { type Manifest, makeManifest } from "./manifest.js";
import { type RecipeSource, type ResolvedRecipe, resolveRecipe } from "./resolved-recipe.js";
import { createRunFolder, type NewRunOptions, type RunFolder } from "./run-folder.js";
import type { Session } from "./session.js";

/** What a run is known by. */
export interface Identity {
  recipe: ResolvedRecipe;
  manifest: Manifest;
  /** By label. */
  classes: readonly string[];
}

export function identify(session: Session, source: RecipeSource | null): Identity {
  const { recipe, student, teachers, seed, device, precision, precisionChoice, init, steps, filesRead: files } = session;
  const { data, name = "run" } = recipe;
  const settled = { seed, device, precision, steps };
  return {
    recipe: resolveRecipe(recipe, { source, name, student, teachers, settled }),
    manifest: makeManifest({ seed, device, precision: precisionChoice, init, data, files, teachers }),
    classes: data.train.classes,
  };
}

/** A new run's folder, with what it is made of. */
export function beginRun({ recipe, manifest, classes }: Identity, where: Pick<NewRunOptions, "dir" | "claimed">): RunFolder {
  const run = createRunFolder({ name: recipe.name, recipe, manifest, ...where });
  if (classes.length > 0) writeJsonAtomic(run.classes, classes);
  return run;
}

const readIdentity = ({ recipe, manifest, classes }: RunFolder): Identity => ({
  recipe,
  manifest,
  classes: existsSync(classes) ? JSON.parse(readFileSync(classes, "utf8")) : [],
});

/** Another recipe, other pictures or another teacher than the run's. */
export class ChangedRun extends UserError {
  readonly differences: readonly Change[];
  readonly dir: string;

  constructor(differences: readonly Change[], dir: string, paint?: Paint) {
    const lines = differences.map((each) => `\n  ${showChange(each, paint)}`);
    super("ERR_RECIPE_CHANGED", `the run did not begin with this:${lines.join("")}\n${REMEDY}`, { where: dir });
    this.differences = differences;
    this.dir = dir;
  }

  /** The same with its values in colours. */
  painted(paint: Paint): ChangedRun {
    return new ChangedRun(this.differences, this.dir, paint);
  }
}

const REMEDY =
  "Put it back as it was; begin a new run from this one's student with --init; or let this run go on changed with --force.";

/** From here on the run is this. */
export function adopt({ recipe, manifest, classes }: Identity, run: RunFolder): void {
  run.manifest = { ...manifest, created: run.manifest.created, init: run.manifest.init };
  run.recipe = recipe;
  if (classes.length > 0) writeJsonAtomic(run.classes, classes);
}

/** Refuses to go on with something else, unless forced; returns what is to be said. */
export function checkSameRun(now: Identity, run: RunFolder, { force = false } = {}): string[] {
  const before = readIdentity(run);
  const changes = changesOf(before, now);
  if (changes.length > 0 && !force) throw new ChangedRun(changes, run.dir);
  return [...changes.map((each) => `Changed by force: ${showChange(each)}`), ...surroundingsNote(before.manifest, now.manifest)];
}

/** What changes the numbers of a run: values of the recipe, pictures and their classes, weights of the teachers. */
export function changesOf(before: Identity, now: Identity): Change[] {
  return [
    ...differences(values(before.recipe), values(now.recipe)).map(withoutOptions),
    ...differences(before.classes, plainJson(now.classes), "classes"),
    ...differences(pictures(before.manifest), pictures(now.manifest), "data"),
    ...differences(before.manifest.teachers, now.manifest.teachers, "teachers"),
  ];
}

/** `optimizer.options.lr` as a recipe's author knows it: `optimizer.lr`. */
const withoutOptions = (change: Change): Change => ({
  ...change,
  field: change.field.replace(".options.", "."),
});

// not where the recipe lies and what it is called, how many threads decode, what is kept: no number depends on them
function values({ source, name, device, keep, data, ...recipe }: ResolvedRecipe): unknown {
  const { train, val, test, workers, maxBad, ...handling } = data as Record<string, unknown>;
  return plainJson({ ...recipe, data: handling });
}

// their names follow the folder that they lie in; the test split is looked at by nobody here
const pictures = ({ data }: Manifest) =>
  Object.fromEntries(
    ["train", "val"].flatMap((split) => (data[split] ? [[split, { pictures: data[split].n, sha256: data[split].sha256 }]] : [])),
  );

const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Without which equal recipes need not give equal bits; one sentence, or none where all is as it was. */
export function surroundingsNote(before: Manifest, now: Manifest): string[] {
  const known = differences(surroundings(before), surroundings(now)).filter((each) => each.before !== undefined); // by the version that began it
  const changed = known.map((each) => showChange(each));
  if (changed.length === 0) return [];
  return [`Not where the run began (${changed.join(", ")}): it may not go on bit for bit as it would have.`];
}

const surroundings = ({ device, precision, engine, versions, machine }: Manifest) => ({
  device,
  precision: precision.precision,
  threads: engine.threads,
  "BLAS threads": engine.blasThreads,
  libtorch: versions.libtorch,
  "vit-distill": versions["vit-distill"],
  BLAS: engine.blas,
  "instruction set": engine.isa,
  processor: machine.processor,
});
