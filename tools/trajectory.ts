/**
 * What bfloat16 does to a run: one recipe, one seed, in float32 and in bfloat16, and a second seed in float32 to measure by. Prints
 * the loss over the steps and draws it.
 * Command: node --import tsx tools/trajectory.ts RECIPE [--steps 300] [--draw FILE.svg] [--out runs/trajectory]
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadRecipe, type Precision, train } from "vit-distill";

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
  const [width, height, margin] = [720, 360, 48];
  const all = curves.flatMap(({ losses }) => losses).map(Math.log10);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (step: number) => margin + (step / (steps - 1)) * (width - 2 * margin);
  const y = (loss: number) => height - margin - ((Math.log10(loss) - least) / (most - least)) * (height - 2 * margin);
  const lines = curves.map(({ name, colour, losses }, i) => {
    const points = losses.map((loss, step) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
    const label = `<text x="${width - margin - 150}" y="${margin + 18 * i}" fill="${colour}">${name}</text>`;
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.2"/>${label}`;
  });
  const marks = [10 ** most, 10 ** ((least + most) / 2), 10 ** least].map(
    (loss) => `<text x="${margin - 6}" y="${y(loss) + 4}" text-anchor="end">${loss.toPrecision(2)}</text>`,
  );
  const axis = `<text x="${width / 2}" y="${height - 12}" text-anchor="middle">step, 1 to ${steps}; loss, logarithmic</text>`;
  const frame = `<path d="M${margin} ${margin}V${height - margin}H${width - margin}" fill="none" stroke="#888"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Loss over ${steps} steps in float32 and bfloat16</title>
<rect width="100%" height="100%" fill="#fff"/>${frame}${axis}
${[...marks, ...lines].join("\n")}
</svg>
`;
}

const curves = [
  await curve("float32", "#1f6fb4", "float32", 0),
  await curve("bfloat16", "#d9480f", "bfloat16", 0),
  await curve("float32, seed 1", "#aaaaaa", "float32", 1),
];
console.log(table(curves));
if (values.draw) writeFileSync(values.draw, drawn(curves));
