/** The measurements of `npm run bench -- scaling` as tables in Markdown: each step, then what it is made of. */
import type { Axis, Point } from "../../bench/scaling.js";
import { fit, type Measurement, terms } from "./fit.js";

interface Described {
  /** What the axis is called, and what its x counts. */
  title: string;
  each: string;
  /** The highest power of x that the products of a step hold. */
  degree: number;
}

export const axes: Record<Axis, Described> = {
  batch: { title: "pictures", each: "a picture", degree: 1 },
  resolution: { title: "pixels of a side", each: "a patch", degree: 2 },
  teacher: { title: "teacher", each: "for 10⁹ multiply-accumulates of the teacher", degree: 1 },
};

/** The three columns that a step's time is given in. */
export const sides = {
  ours: ({ ours }: Point): number => ours,
  PyTorch: ({ reference }: Point): number => reference,
  bound: ({ bound }: Point): number => bound!,
};

export const pointsOn = (axis: Axis, points: readonly Point[], unit = "ms"): Point[] =>
  points.filter((point) => point.axis === axis && point.unit === unit);

/** Time and memory at every place of an axis. */
export function stepsTable(axis: Axis, points: readonly Point[]): string {
  const memory = pointsOn(axis, points, "MiB");
  const lines = pointsOn(axis, points).map((point, i) => [
    point.at,
    number(point.ours),
    number(point.ours / point.pictures),
    number(point.reference),
    number(point.reference / point.pictures),
    point.ratio.toFixed(2),
    number(point.bound!),
    (point.bound! / point.ours).toFixed(2),
    number(memory[i].ours),
    number(memory[i].reference),
  ]);
  const heads = [axes[axis].title, "ours, ms", "a picture", "PyTorch, ms", "a picture", "ratio", "bound, ms", "share reached", "ours, MiB", "PyTorch, MiB"]; // biome-ignore format: one row
  return markdown(heads, lines);
}

/** What a step is made of along each axis: a fixed part, one that grows with x, and one that grows with its square. */
export function fitsTable(points: readonly Point[]): string {
  const lines = (Object.keys(axes) as Axis[]).flatMap((axis) =>
    Object.entries(sides).map(([side, value]) => {
      const measured = pointsOn(axis, points).map((point) => [point.x, value(point)] as const);
      return [axis, side, ...fitCells(axes[axis], measured)];
    }),
  );
  const heads = [
    "along",
    "",
    "fixed, ms",
    "growing",
    "a straight line is off by at most",
    "a parabola",
    "quadratic part of the last",
  ];
  return markdown(heads, lines);
}

function fitCells({ each, degree }: Described, points: readonly Measurement[]): string[] {
  const straight = fit(points, 1);
  const { coefficients, furthest } = fit(points, degree);
  const [x, time] = points.at(-1)!;
  const curved = degree > 1 ? [percent(furthest), percent(terms(coefficients, x)[2] / time)] : ["–", "–"];
  return [number(coefficients[0]), `${number(coefficients[1])} ms ${each}`, percent(straight.furthest), ...curved];
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Three digits, or all before the point; thousands apart. */
export function number(value: number): string {
  const size = Math.abs(+value.toPrecision(3));
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" });
}

function markdown(heads: readonly string[], lines: readonly string[][]): string {
  return [heads, heads.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
