/** The ways of showing a teacher the pictures: its own, and those that people mistake for it. */

import type { InputSpec, ModelInfo } from "../../models/index.js";
import { type Pictures, type View, viewOf } from "../view.js";

export interface NamedView {
  /** As in "better with …". */
  name: string;
  /** What to give the model to see so always. */
  input: Partial<Pick<InputSpec, "mean" | "std" | "size">>;
  show: View;
}

export interface Statistics {
  mean: readonly number[];
  std: readonly number[];
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const fill = (channels: number, value: number): number[] => new Array<number>(channels).fill(value);

/** Other statistics: those that are usual, and the data's own. */
export function otherColours(info: ModelInfo, pictures: Pictures, data: Statistics): NamedView[] {
  const { inChannels: c } = info;
  const grey = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const imagenet = c === 3 ? IMAGENET : { mean: fill(c, round(grey(IMAGENET.mean))), std: fill(c, round(grey(IMAGENET.std))) };
  const candidates: [string, Statistics][] = [
    ["the data's own statistics", { mean: spread(data.mean, c), std: spread(data.std, c).map(atLeastSome) }],
    ["ImageNet's statistics", imagenet],
    ["pixels from −1 to 1", { mean: fill(c, 0.5), std: fill(c, 0.5) }],
    ["pixels from 0 to 1", { mean: fill(c, 0), std: fill(c, 1) }],
    ["pixels from 0 to 255", { mean: fill(c, 0), std: fill(c, 0.00392) }],
  ];
  const views = candidates
    .filter(([, statistics]) => !isSame(statistics, info.input))
    .map(([name, input]) => ({ name, input, show: viewOf(withInput(info, input), pictures) }));
  return c === 3 ? [...views, swapped(info, pictures)] : views;
}

/** Blue, green, red: how OpenCV reads pictures. */
function swapped(info: ModelInfo, pictures: Pictures): NamedView {
  const own = viewOf(info, pictures);
  return { name: "the channels as blue, green, red", input: {}, show: (images) => own(images).flip([1]) };
}

/** Nearer, and at other sizes; a model of a fixed size refuses those. */
export function otherSizes(info: ModelInfo, pictures: Pictures): NamedView[] {
  const { size } = info.input;
  const resized = [0.75, 1.5].map((factor) => {
    const input = { size: 8 * Math.round((factor * size) / 8) };
    return { name: `${input.size}×${input.size} pixels`, input, show: viewOf(withInput(info, input), pictures) };
  });
  return [nearer(info, pictures), ...resized.filter(({ input }) => input.size !== size)];
}

/** The middle 7/8, as evaluation crops it for most models. */
function nearer(info: ModelInfo, { space, imageShape: [channels, height, width] }: Pictures): NamedView {
  const [h, w] = [height, width].map((side) => Math.round((7 * side) / 8));
  const show = viewOf(info, { space, imageShape: [channels, h, w] });
  return {
    name: "the middle 7/8 of the pictures",
    input: {},
    show: (images) => show(images.narrow(2, (height - h) >> 1, h).narrow(3, (width - w) >> 1, w)),
  };
}

// a grey picture's one statistic is every channel's
const spread = (values: readonly number[], channels: number): number[] =>
  (values.length === 1 ? fill(channels, values[0]) : values).map(round);
// of pictures of one colour
const atLeastSome = (std: number): number => Math.max(std, 0.01);
const withInput = (info: ModelInfo, input: Partial<InputSpec>): ModelInfo => ({ ...info, input: { ...info.input, ...input } });
const round = (value: number): number => Number(value.toFixed(3));
const isSame = (a: Statistics, b: Statistics): boolean =>
  [...a.mean, ...a.std].every((value, i) => Math.abs(value - [...b.mean, ...b.std][i]) < 0.02);
