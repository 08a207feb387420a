/** `vit-distill plan RECIPE`: what a recipe would do and cost, before it does it; refuses what would be wrong in silence. */
import { Command } from "commander";
import type { Meeting } from "../methods/index.js";
import type { MethodPlan, Plan, PlayerPlan } from "../train/index.js";
import { wholeNumber } from "./option.js";
import { duration } from "./progress.js";
import { bytes, giga, list, million, table } from "./table.js";

interface Options {
  smoke: boolean;
  device: string;
  seed?: number;
  json?: boolean;
}

export const plan = new Command("plan")
  .description("say what a recipe would do and cost, from a few steps of it")
  .argument("<recipe>", "the recipe's file")
  .option("--smoke", "of the run of seconds", false)
  .option("--device <device>", "cpu, cuda:0, …", "cpu")
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .option("--json", "print JSON")
  .action(async (file: string, { smoke, device, seed, json }: Options) => {
    const { loadRecipe, plan } = await import("../train/index.js");
    const made = await plan(await loadRecipe(file, { smoke, seed }), { device, seed });
    console.log(json ? JSON.stringify(made, null, 2) : shown(made));
  });

const shown = (made: Plan): string =>
  [
    `${made.name} on ${made.device}, ${made.precision}`,
    players(made),
    meetings(made),
    list([...methodLines(made), ...costLines(made), ...made.notes.map((note) => ["note", note] as const)]),
  ]
    .filter(Boolean)
    .join("\n\n");

function players({ student, teachers, pictures }: Plan): string {
  const row = (role: string, player: PlayerPlan) => [
    role,
    player.name,
    million(player.parameters),
    macs(player),
    player.grid[0] === 0 ? "–" : grid(player.grid),
    player.prefixTokens,
    `${player.input.channels}×${grid([player.input.size, player.input.size])}, ${space(player.input)}`,
    view(player, pictures),
  ];
  return table(
    ["", "model", "parameters", "MACs", "grid", "prefix", "input", "sees the pictures"],
    [row("student", student), ...teachers.map((teacher) => row("teacher", teacher))],
  );
}

function macs({ macs: all, masked }: PlayerPlan): string {
  if (all === null) return "–";
  return masked ? `${giga(masked.macs)} of ${giga(all)}` : giga(all);
}

function view(
  { input, resize, recolour, masked, grid: [h, w] }: PlayerPlan,
  { shape: [, height, width] }: Plan["pictures"],
): string {
  const done = [
    resize && `resized from ${grid([height, width])} (${input.interpolation})`,
    recolour && "in its own colours",
    masked && `${masked.patches} of its ${h * w} patches`,
  ];
  return done.filter(Boolean).join(", ") || "as they come";
}

function meetings({ method: { meetings, taps }, teachers: [teacher] }: Plan): string {
  if (meetings.length > 0)
    return table(
      ["student's tap", "grid", "width", "teacher's tap", "grid", "width", "compared on"],
      meetings.map((meeting) => [...tapCells(meeting.student), ...tapCells(meeting.teacher), ground(meeting, teacher)]),
    );
  const asked = [...taps.student.map((name) => `student's ${name}`), ...taps.teacher.map((name) => `teacher's ${name}`)];
  return asked.length > 0 ? `Taps, of which the method does not say which meet: ${asked.join(", ")}` : "";
}

const tapCells = (tap: Meeting["student"]) => [tap.name, grid(tap.grid), tap.width];

/** The common grid, and whose patches were brought there; of a masked teacher, how many are left of it. */
function ground({ student, teacher, grid: common, unequalGrids }: Meeting, { masked }: PlayerPlan): string {
  const moved = [student, teacher].find((tap) => grid(tap.grid) !== grid(common));
  const how = { refuse: "", merge: "merged", pool: "pooled" }[unequalGrids];
  return `${masked ? `${masked.patches} of ` : ""}${grid(common)} patches${moved ? `, ${moved.model}'s ${how}` : ""}`;
}

function methodLines({
  method: { name, options, meetings, terms, extras, extrasParameters },
  pictures,
  student,
  teachers,
}: Plan) {
  const { count, shape, space: colours } = pictures;
  const settings = Object.entries(options as object).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const prefixed = [student, ...teachers.slice(0, 1)].filter(({ prefixTokens }) => meetings.length > 0 && prefixTokens > 0);
  return [
    ["pictures", `${count} of ${shape.join("×")}${colours ? `, ${space(colours)}` : ""}`],
    ["method", [name, ...settings].join("  ")],
    ["terms", Object.entries(terms).map(([term, value]) => `${term} ${value.toPrecision(4)}`).join("  ")], // biome-ignore format: a line a fact
    [
      "dropped",
      prefixed
        .map((player) => `${player.prefixTokens} prefix ${player.prefixTokens === 1 ? "token" : "tokens"} of ${player.name}`)
        .join(", ") || "nothing",
    ],
    ["extras", extrasParameters > 0 ? `${million(extrasParameters)} parameters: ${shapes(extras)}` : "none"],
    ["broadcasts", "none between models in the loss"],
  ] as const;
}

/** Tensors of one shape together: `6 × [128, 64], 6 × [128]` */
function shapes(tensors: MethodPlan["extras"]): string {
  const counts = new Map<string, number>();
  for (const shape of Object.values(tensors).map((extents) => `[${extents.join(", ")}]`))
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  return [...counts].map(([shape, count]) => (count > 1 ? `${count} × ${shape}` : shape)).join(", ");
}

function costLines({ batchSize, parts, steps, epochs, stepsPerEpoch, times, seconds, peakMemory, device, disk }: Plan) {
  const whole = times.data + times.step;
  const share = (part: number) => `${Math.round((100 * part) / whole)} %`;
  const files = Object.entries(disk).map(([file, size]) => `${file} ${bytes(size)}`);
  const total = Object.values(disk).reduce((sum, size) => sum + size, 0);
  return [
    [
      "length",
      `${steps} steps of ${batchSize} pictures${parts > 1 ? ` in ${parts} parts` : ""}: ${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${stepsPerEpoch}`,
    ],
    [
      "step",
      `${Math.round(whole)} ms, the median of ${times.measured}: teachers ${share(times.teachers)}, data ${share(times.data)}`,
    ],
    ["time", `about ${duration(seconds)}, evaluations not counted`],
    ["memory", peakMemory === null ? `not measured on ${device}` : `${bytes(peakMemory)} at the most, data and models included`],
    ["disk", `${bytes(total)}: ${files.join(", ")}`],
  ] as const;
}

const grid = ([height, width]: readonly [number, number]): string => `${height}×${width}`;
const space = ({ mean, std }: { mean: readonly number[]; std: readonly number[] }): string =>
  `mean ${mean.join(" ")}, std ${std.join(" ")}`;
