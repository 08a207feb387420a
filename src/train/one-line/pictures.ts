/** A user's pictures, opened for models and counted. */

import { basename, resolve } from "node:path";
import { isLabelled, type OpenedData, openData } from "../../data/index.js";
import type { ModelInfo } from "../../models/index.js";
import { UserError } from "../../user-error.js";

export interface OwnPictures extends OpenedData {
  /** Absolute, so that the recipe finds them from anywhere. */
  path: string;
  name: string;
  channels: 1 | 3;
  seed: number;
  /** Where the order of the classes is a teacher's, not the folder's own. */
  classes?: readonly string[];
  labelled: boolean;
  splits: ("train" | "val" | "test")[];
}

export interface OpenPicturesOptions {
  seed: number;
  /** Who is to see them. */
  models: readonly ModelInfo[];
  /** The names of the classes as a teacher's weights carry them. */
  known?: readonly string[];
}

/** With a stratified tenth held out where they have no validation pictures of their own. */
export async function openPictures(data: string, { seed, models, known }: OpenPicturesOptions): Promise<OwnPictures> {
  const channels = channelsFor(models);
  const path = /^\w+:|[{]/.test(data) ? data : resolve(data);
  const opened = await openData(path, { channels, seed });
  const { classes } = opened.train;
  const isOther = known !== undefined && known.length === classes.length && known.some((name, i) => name !== classes[i]);
  if (isOther) checkSame(known, classes, data);
  const ordered = isOther ? await openData(path, { channels, seed, classes: known }) : opened;
  const splits = (["train", "val", "test"] as const).filter(
    (split) => ordered[split] && (split === "train" || isLabelled(ordered[split])),
  );
  return {
    ...ordered,
    path,
    name: basename(path).replace(/[^\w.-]+/g, "-") || "pictures",
    channels,
    seed,
    ...(isOther && { classes: known }),
    labelled: isLabelled(ordered.train),
    splits,
  };
}

/** Grey pictures for models that take no others. */
function channelsFor(models: readonly ModelInfo[]): 1 | 3 {
  const [grey, coloured] = [1, 3].map((channels) => models.find(({ inChannels }) => inChannels === channels));
  if (grey && coloured)
    throw new UserError("ERR_INPUT_SHAPE", `${grey.name} takes grey pictures and ${coloured.name} coloured ones`, {
      remedy: "Take models for one kind of picture.",
    });
  return grey ? 1 : 3;
}

function checkSame(known: readonly string[], classes: readonly string[], data: string): void {
  const stranger = known.find((name) => !classes.includes(name));
  if (stranger === undefined) return;
  const own = classes.find((name) => !known.includes(name));
  throw new UserError("ERR_CLASSES", `The teacher knows a class "${stranger}", and ${data} has "${own}" instead`, {
    remedy: "Name the folders as the teacher's classes, or train a head for them with --teacher-head probe.",
  });
}

/** `1,820 pictures of 5 classes (cat, dog …); 202 more to validate on` */
export function describePictures({ train, val, test, labelled }: OwnPictures): string {
  const count = (n: number) => n.toLocaleString("en");
  const { classes } = train;
  const named = classes.length > 6 ? `${classes.slice(0, 5).join(", ")} …` : classes.join(", ");
  return [
    `${count(train.n)} pictures ${labelled ? `of ${classes.length} classes (${named})` : "without labels"}`,
    ...(val ? [`${count(val.n)} more to validate on`] : []),
    ...(test ? [`${count(test.n)} to test on`] : []),
  ].join("; ");
}
