/** The time of a step along the three axes of `npm run bench -- scaling`, side by side on logarithmic scales. */
import type { Axis, Point } from "../../bench/scaling.js";
import { chart, type Panel, type Axis as Scale } from "../drawing/chart.js";
import { number, pointsOn, sides } from "./tables.js";

const colours = { ours: "#1f6fb4", PyTorch: "#d9480f", bound: "#777777" };
const names = { ours: "ours", PyTorch: "PyTorch at its best", bound: "bound of the products" };
type Side = keyof typeof sides;

/** What is written below each axis, and how a place is called there. */
const written: Record<Axis, { label: string; at: (place: string) => string }> = {
  batch: { label: "pictures a step", at: (place) => place },
  resolution: { label: "pixels of a side (8 pictures)", at: (place) => place.replace(" px", "") },
  teacher: { label: "CaiT teacher (8 pictures)", at: (place) => place.replace("CaiT-", "") },
};

export function picture(points: readonly Point[]): string {
  const y = timeScale(
    points.filter(({ unit }) => unit === "ms").flatMap((point) => Object.values(sides).map((value) => value(point))),
  );
  const panels = (Object.keys(written) as Axis[]).map((axis) => panelOf(axis, pointsOn(axis, points), y));
  return chart(
    panels,
    { title: "Time of a manifold step against batch, resolution and teacher", description: described(points) },
    960,
  );
}

function panelOf(axis: Axis, points: readonly Point[], y: Scale): Panel {
  const { label, at } = written[axis];
  const ticks = points.map((point) => ({ at: point.x, text: at(point.at) }));
  const [from, to] = [points[0].x / 1.2, points.at(-1)!.x * 1.2];
  const curves = (Object.keys(sides) as Side[]).map((side) => ({
    name: names[side],
    colour: colours[side],
    points: points.map((point) => [point.x, sides[side](point)] as const),
    dots: side !== "bound",
    dashed: side === "bound",
  }));
  return { x: { label, from, to, ticks, logarithmic: true }, y, curves, legend: "left" };
}

/** From 1, 3, 10, 30 … below the least to the same above the most. */
function timeScale(times: readonly number[]): Scale {
  const steps = Array.from({ length: 14 }, (_, i) => (i % 2 ? 3 : 1) * 10 ** (i >> 1));
  const from = steps.findLast((step) => step <= Math.min(...times)) ?? steps[0];
  const to = steps.find((step) => step >= Math.max(...times)) ?? steps.at(-1)!;
  const ticks = steps.filter((step) => step >= from && step <= to).map((at) => ({ at, text: at.toLocaleString("en") }));
  return { label: "ms a step", from, to, ticks, logarithmic: true };
}

/** The ends of every curve, in words. */
function described(points: readonly Point[]): string {
  const sentences = (Object.keys(written) as Axis[]).map((axis) => {
    const on = pointsOn(axis, points);
    const [first, last] = [on[0], on.at(-1)!];
    const grows = (side: Side) => `${names[side]} ${number(sides[side](first))} to ${number(sides[side](last))} ms`;
    return `${axis}, ${first.at} to ${last.at}: ${(Object.keys(sides) as Side[]).map(grows).join(", ")}.`;
  });
  return [
    "Three panels, logarithmic both ways, where what is proportional rises at 45 degrees on equal scales.",
    ...sentences,
  ].join(" ");
}
