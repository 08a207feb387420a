/** A recipe's cached teachers: what they will take, asking them for everything beforehand, and whether they still say the same. */

import type { RecordStore } from "../checkpoint/index.js";
import { Rng } from "../data/index.js";
import { CachedTeacher, type Output } from "../models/index.js";
import { type Device, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { Recipe } from "./recipe.js";
import { Session } from "./session.js";

export interface CacheRunOptions {
  device?: Device;
  /** Instead of the recipe's. */
  seed?: number;
}

/** How far the filling has come. */
export interface FillEvent {
  batch: number;
  batches: number;
  /** Pictures found and pictures asked so far, over all cached teachers. */
  found: number;
  asked: number;
}

export interface CacheCheck {
  teacher: string;
  dir: string;
  /** Pictures looked at. */
  pictures: number;
  /** The largest ‖stored − fresh‖ / ‖fresh‖ of a picture, of its answers and of its taps. */
  logits: number;
  taps: number;
  ok: boolean;
}

/** Largest relative gap that two computations of one answer may have: bfloat16 keeps eight bits, and sums run in another order elsewhere. */
const TOLERANCE = 2e-2;

/** One sentence: where, how much a picture takes, and how much all of them. */
export function cacheNote(
  teacher: string,
  { dir, recordBytes, count }: RecordStore,
  { train, views, epochs }: Recipe["data"] & { epochs: number },
): string {
  const seen =
    views === undefined
      ? `${epochs} epochs of new views each, so that only another run of this seed finds them again (data.views)`
      : `${views} ${views === 1 ? "view" : "views"}`;
  const [each, all, there] = [1, train.n * (views ?? epochs), count].map((n) => size(n * recordBytes));
  return `${teacher} is cached in ${dir}: ${each} a picture, ${all} for ${train.n} pictures in ${seen}; ${there} are there.`;
}

function size(bytes: number): string {
  const [unit, name] = bytes < 1e6 ? [1e3, "kB"] : bytes < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  return `${(bytes / Number(unit)).toFixed(1)} ${name}`;
}

/** Asks the teachers for every view of every picture that is not known yet. */
export async function* fillCache(recipe: Recipe, { device = "cpu", seed }: CacheRunOptions = {}): AsyncGenerator<FillEvent> {
  using session = Session.open(recipe, { seed: seed ?? recipe.seed ?? 0, device });
  const cached = cachedOf(session);
  const epochs = recipe.data.views ?? session.epochs;
  const { loader } = session;
  let batch = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const each of loader.epoch(epoch)) {
      tidy(() => void session.teach(session.lesson(each).images));
      batch += 1;
      const sum = (what: "found" | "asked") => cached.reduce((all, { counts }) => all + counts[what], 0);
      yield { batch, batches: epochs * loader.batches, found: sum("found"), asked: sum("asked") };
    }
  }
}

/** Asks the teachers anew for batches drawn at random, and compares with what is stored. */
export async function verifyCache(
  recipe: Recipe,
  { device = "cpu", seed, pictures = 64 }: CacheRunOptions & { pictures?: number } = {},
): Promise<CacheCheck[]> {
  using session = Session.open(recipe, { seed: seed ?? recipe.seed ?? 0, device });
  const cached = cachedOf(session);
  const checks = cached.map(({ info }) => ({ teacher: info.name, dir: "", pictures: 0, logits: 0, taps: 0, ok: true }));
  const { loader } = session;
  const epochs = recipe.data.views ?? session.epochs;
  const rng = Rng.from(Date.now(), "verify");
  while (checks.length > 0 && checks[0].pictures < pictures) {
    const epoch = loader.epoch(rng.int(epochs), { from: rng.int(loader.batches) });
    const { value: batch, done } = await epoch.next();
    if (done) continue;
    tidy(() => {
      const { images } = session.lesson(batch);
      const [stored, fresh] = (["records", "teacher"] as const).map((source) => {
        for (const teacher of cached) teacher.source = source;
        return session.teach(images);
      });
      for (const [i, check] of checks.entries()) {
        const at = session.teachers.indexOf(cached[i]);
        check.pictures += batch.labels.length;
        const gap = gaps(stored[at], fresh[at]);
        check.logits = Math.max(check.logits, gap.logits);
        check.taps = Math.max(check.taps, gap.taps);
      }
    });
    await epoch.return();
  }
  return checks.map((check, i) => ({
    ...check,
    dir: cached[i].folder,
    ok: check.logits <= TOLERANCE && check.taps <= TOLERANCE,
  }));
}

function cachedOf({ teachers }: Session): CachedTeacher[] {
  const cached = teachers.filter((teacher) => teacher instanceof CachedTeacher);
  if (cached.length > 0) return cached;
  throw new UserError("ERR_CACHE", "No teacher of this recipe is cached", {
    remedy: 'Write teachers: [cached(() => createModel(…), { dir: "cache" })].',
  });
}

/** NaN counts as far away. */
function gaps(stored: Output, fresh: Output): { logits: number; taps: number } {
  const gap = (a: Tensor, b: Tensor): number => {
    const [x, y] = [a, b].map((tensor) => tensor.flatten({ startDim: 1 }).to({ dtype: "float32" })); // [B, …]
    const largest = x
      .sub(y)
      .norm(2, -1)
      .div(y.norm(2, -1).clamp({ min: 1e-12 }))
      .amax()
      .item();
    return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
  };
  return {
    logits: gap(stored.logits, fresh.logits),
    taps: Math.max(0, ...stored.taps.map((tap, i) => gap(tap, fresh.taps[i]))),
  };
}
