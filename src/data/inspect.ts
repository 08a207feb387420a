/** A look at every picture before training: what cannot be read, what is odd, and what lies in two splits at once. */
import { createHash } from "node:crypto";
import type { BadPicture } from "./batch.js";
import { classCounts, type Dataset, isLabelled } from "./dataset.js";
import { openPictures, type Picture } from "./pictures.js";
import type { PictureFacts } from "./vips.js";

export interface SplitSurvey {
  readonly name: string;
  readonly n: number;
  /** Pictures looked at. */
  readonly seen: number;
  /** Pictures of each class by its name; empty where nothing has labels. */
  readonly classes: Record<string, number>;
  readonly bad: readonly BadPicture[];
  /** How many are of each kind: "jpeg", "grey", "CMYK", "16-bit", "alpha", "palette", "turned", "animated", "misnamed" … */
  readonly kinds: Record<string, number>;
  /** Shortest and longest side in pixels. */
  readonly sides: readonly [number, number];
}

/** Two pictures of the same bytes. */
export interface Duplicate {
  readonly first: { split: string; name: string };
  readonly second: { split: string; name: string };
}

export interface Survey {
  readonly splits: Record<string, SplitSurvey>;
  readonly duplicates: readonly Duplicate[];
  /** Those between two splits: pictures that are tested on are trained on. */
  readonly leaks: readonly Duplicate[];
}

export interface InspectOptions {
  /** The most pictures looked at in a split, evenly spread over it. */
  most?: number;
  /** Told after every picture. */
  onPicture?: (split: string, seen: number, of: number) => void;
}

const HANDS = 4; // pictures under way at once

/** Reads and decodes the pictures of the splits, by name: { train, val }. */
export async function inspectData(
  splits: Record<string, Dataset | undefined>,
  { most = Number.POSITIVE_INFINITY, onPicture = () => {} }: InspectOptions = {},
): Promise<Survey> {
  const met = new Map<string, { split: string; name: string }>(); // by content
  const duplicates: Duplicate[] = [];
  const surveys: Record<string, SplitSurvey> = {};
  for (const [split, dataset] of Object.entries(splits)) {
    if (!dataset) continue;
    surveys[split] = await surveyOf(dataset, most, {
      content(hash, name) {
        const first = met.get(hash);
        if (first) duplicates.push({ first, second: { split, name } });
        else met.set(hash, { split, name });
      },
      seen: (seen, of) => onPicture(split, seen, of),
    });
  }
  return { splits: surveys, duplicates, leaks: duplicates.filter(({ first, second }) => first.split !== second.split) };
}

interface Listener {
  content(hash: string, name: string): void;
  seen(count: number, of: number): void;
}

type Look = { hash: string; facts: PictureFacts } | { reason: string };

async function surveyOf(dataset: Dataset, most: number, listener: Listener): Promise<SplitSurvey> {
  const { name, n, classes, pictures } = dataset;
  const reader = openPictures(pictures);
  const step = Math.max(1, n / most);
  const rows = Array.from({ length: Math.min(n, Math.ceil(n / step)) }, (_, i) => Math.floor(i * step));
  const looks: Look[] = new Array(rows.length);
  let [next, seen] = [0, 0];
  const hand = async () => {
    for (let i = next++; i < rows.length; i = next++) {
      looks[i] = await look(() => reader.read(rows[i]), reader.name(rows[i])).catch(({ message }: Error) => ({
        reason: message,
      }));
      listener.seen(++seen, rows.length);
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));

  const bad: BadPicture[] = [];
  const kinds: Record<string, number> = {};
  let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
  looks.forEach((look, i) => {
    const picture = reader.name(rows[i]);
    if ("reason" in look) return bad.push({ name: picture, reason: look.reason });
    listener.content(look.hash, picture);
    const { kinds: its, width, height } = look.facts;
    for (const kind of its) kinds[kind] = (kinds[kind] ?? 0) + 1;
    [shortest, longest] = [Math.min(shortest, width, height), Math.max(longest, width, height)];
  });
  const counts = isLabelled(dataset) ? classCounts(dataset) : [];
  return {
    name,
    n,
    seen: rows.length,
    classes: Object.fromEntries(counts.map((count, label) => [classes[label], count])),
    bad,
    kinds,
    sides: [Math.min(shortest, longest), longest],
  };
}

async function look(read: () => Picture | Promise<Picture>, name: string): Promise<Look> {
  const picture = await read();
  const bytes = "bytes" in picture ? picture.bytes : picture.data;
  const hash = createHash("sha256").update(bytes).digest("base64");
  if ("bytes" in picture) {
    const { verify } = await import("./vips.js"); // not before it is needed: it is large
    return { hash, facts: await verify(picture.bytes, name) };
  }
  return { hash, facts: { kinds: ["pixels"], width: picture.width, height: picture.height } };
}
