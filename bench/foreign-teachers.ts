/** A teacher's forward pass by our own model beside the same network from a file, run by ONNX Runtime and by TorchScript. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boundOf } from "./bound.js";
import { agreement, median, type Row, row } from "./form.js";
import { equal, oursOf } from "./pair.js";
import { hasBfloat16 } from "./precisions.js";
import type { Program } from "./program.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";

const MODELS = ["deit_tiny_patch16_224", "cait_xxs24_224"];
const BATCH = 8;
const ROUNDS = 5;

/** ONNX Runtime has no bfloat16 on a processor worth the name: there it runs in float32, as its users have it. */
const RUNTIMES = {
  native: ["native", "float32"],
  "native in bfloat16": ["native", "bfloat16"],
  "ONNX Runtime": ["onnx", "float32"],
  TorchScript: ["torchscript", "float32"],
  "TorchScript in bfloat16": ["torchscript", "bfloat16"],
} as const;
type Side = keyof typeof RUNTIMES;

const isPossible = (side: Side): boolean => hasBfloat16 || RUNTIMES[side][1] === "float32";
const sidesHere = (Object.keys(RUNTIMES) as Side[]).filter(isPossible);

const COMPARED: readonly [Side, Side, number | null][] = [
  ["native", "ONNX Runtime", null],
  ["native", "TorchScript", 1],
  ["native in bfloat16", "TorchScript in bfloat16", 1],
  ["native in bfloat16", "ONNX Runtime", 1],
];

export const foreignTeachers: Bench = {
  about: `a teacher's forward pass, ${BATCH} pictures of 224 px: our model beside ONNX Runtime and TorchScript`,
  async run({ threads }) {
    const folder = mkdtempSync(join(tmpdir(), "vit-distill-bench-"));
    try {
      execFileSync(findPython(), [new URL("reference/foreign-teachers.py", import.meta.url).pathname, folder], { stdio: ["ignore", "ignore", "inherit"] }); // biome-ignore format: one row
      const rows: Row[] = [];
      for (const model of MODELS) rows.push(...(await compare(model, folder, threads)));
      return {
        rows,
        details: { threads, batch: BATCH, rounds: ROUNDS, reference: "the runtime named in the row, fed through the same Model" },
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Measured {
  means: number[];
  times: number[];
  memory: number;
  /** Of the native sides. */
  bound?: number;
}

async function compare(model: string, folder: string, threads: number): Promise<Row[]> {
  const programs = new Map<Side, Program>();
  try {
    const sides = new Map<Side, Measured>();
    for (const side of sidesHere) {
      const [runtime, precision] = RUNTIMES[side];
      const program = oursOf("foreign-teachers", equal(threads));
      programs.set(side, program);
      const means = await program.ask<number[]>("prepare", { runtime, precision, model, folder, batch: BATCH });
      sides.set(side, { means, times: [], memory: 0 });
    }
    for (let round = 0; round <= ROUNDS; round++)
      for (const [side, program] of programs) {
        const times = await program.ask<number[]>("passes", { count: 1 });
        if (round > 0) sides.get(side)!.times.push(median(times)); // the first warms up
      }
    for (const [side, program] of programs) sides.get(side)!.memory = program.peakMemory();
    for (const side of (["native", "native in bfloat16"] as const).filter(isPossible))
      sides.get(side)!.bound = await boundOf(programs.get(side)!, RUNTIMES[side][1]);
    return rowsOf(model, sides);
  } finally {
    for (const program of programs.values()) program.end();
  }
}

function rowsOf(model: string, sides: ReadonlyMap<Side, Measured>): Row[] {
  const times = COMPARED.filter((pair) => pair.slice(0, 2).every((side) => isPossible(side as Side))).map(
    ([one, other, target]) => {
      const [ours, reference] = [sides.get(one)!, sides.get(other)!];
      return row(`${model}, ${one} / ${other}`, "ms", median(ours.times), median(reference.times), target, ours.bound);
    },
  );
  const [native, onnx, script] = (["native", "ONNX Runtime", "TorchScript"] as const).map((side) => sides.get(side)!);
  return [
    ...times,
    row(`${model}, peak memory, native / ONNX Runtime`, "MiB", native.memory, onnx.memory, null),
    row(`${model}, peak memory, native / TorchScript`, "MiB", native.memory, script.memory, null),
    agreement(`${model}, mean |logit|, native / ONNX Runtime`, native.means[0], onnx.means[0], 1e-4),
    agreement(`${model}, mean |last tap|, native / TorchScript`, native.means[1], script.means[1], 1e-4),
  ];
}
