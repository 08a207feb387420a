/**
 * What bfloat16 does to a run: one recipe, one seed, in float32 and in bfloat16, and a second seed in float32 to measure by. Prints
 * the loss over the steps and draws it.
 * Command: node --import tsx tools/trajectory.ts RECIPE [--steps 300] [--draw FILE.svg] [--out runs/trajectory]
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadRecipe, type Precision, train } from "vit-distill";
import { chart } from "./drawing/chart.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "300" },
    draw: { type: "string" },
    out: { type: "string", default: "runs/trajectory" },
  },
});
const steps = Number(values.steps);

interface Curve {
  name: string;
  colour: string;
  losses: number[];
}

async function curve(name: string, colour: string, precision: Precision, seed: number): Promise<Curve> {
  const { epochs: _, ...recipe } = await loadRecipe(positionals[0], { smoke: false, seed: 0 });
  const data = { ...recipe.data, val: undefined };
  const dir = join(values.out, `${name.replaceAll(/\W+/g, "-")}-${Date.now()}`);
  const losses: number[] = [];
  for await (const event of train({ ...recipe, data, precision, steps }, { dir, seed, doctor: false }))
    if (event.kind === "step") losses.push(event.loss);
  return { name, colour, losses };
}

const mean = (numbers: number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** Means of ten stretches of each curve, and how far from the first the others are. */
function table(curves: Curve[]): string {
  const stretch = Math.floor(steps / 10);
  const [first] = curves;
  const lines = Array.from({ length: 10 }, (_, i) => {
    const means = curves.map(({ losses }) => mean(losses.slice(i * stretch, (i + 1) * stretch)));
    const gaps = means.slice(1).map((value) => `${((100 * (value - means[0])) / means[0]).toFixed(2)} %`);
    return `| ${i * stretch + 1}–${(i + 1) * stretch} | ${means.map((value) => value.toFixed(4)).join(" | ")} | ${gaps.join(" | ")} |`;
  });
  const names = [...curves.map(({ name }) => name), ...curves.slice(1).map(({ name }) => `${name} − ${first.name}`)];
  return [`| steps | ${names.join(" | ")} |`, `|---|${"---|".repeat(names.length)}`, ...lines].join("\n");
}

/** The curves on a logarithmic scale. */
function drawn(curves: Curve[]): string {
  const all = curves.flatMap(({ losses }) => losses);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const ticks = [to, Math.sqrt(from * to), from].map((at) => ({ at, text: at.toPrecision(2) }));
  return chart(
    [
      {
        x: { label: `step, 1 to ${steps}`, from: 1, to: steps, ticks: [] },
        y: { label: "loss", from, to, ticks, logarithmic: true },
        curves: curves.map(({ losses, ...curve }) => ({ ...curve, points: losses.map((loss, i) => [i + 1, loss] as const) })),
        legend: "right",
      },
    ],
    {
      title: `Loss over ${steps} steps in float32 and bfloat16`,
      description: curves
        .map(({ name, losses }) => `${name}: ${losses[0].toPrecision(3)} to ${losses.at(-1)!.toPrecision(3)}.`)
        .join(" "),
    },
  );
}

const curves = [
  await curve("float32", "#1f6fb4", "float32", 0),
  await curve("bfloat16", "#d9480f", "bfloat16", 0),
  await curve("float32, seed 1", "#aaaaaa", "float32", 1),
];
console.log(table(curves));
if (values.draw) writeFileSync(values.draw, drawn(curves));
