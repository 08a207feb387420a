/**
 * Our involution beside the paper's formulation in PyTorch (unfold, multiply, sum), at the shapes of RedNet-101 on pictures of
 * 224 px: time, and the memory that a pass takes beyond its operands. https://arxiv.org/abs/2103.06255
 */
import { median, type Row, row } from "./form.js";
import { equal, inTurn, type Pair, type Sides, versions, within } from "./pair.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";

interface Shape {
  channels: number;
  /** The side of the input's map. */
  map: number;
  kernel: number;
  stride: number;
  /** How many there are in the network. */
  count: number;
}

/** The stem, then four stages; all but the first begin with a stride of 2. */
const rednet101: readonly Shape[] = [
  { channels: 32, map: 112, kernel: 3, stride: 1, count: 1 },
  { channels: 64, map: 56, kernel: 7, stride: 1, count: 3 },
  { channels: 128, map: 56, kernel: 7, stride: 2, count: 1 },
  { channels: 128, map: 28, kernel: 7, stride: 1, count: 3 },
  { channels: 256, map: 28, kernel: 7, stride: 2, count: 1 },
  { channels: 256, map: 14, kernel: 7, stride: 1, count: 22 },
  { channels: 512, map: 14, kernel: 7, stride: 2, count: 1 },
  { channels: 512, map: 7, kernel: 7, stride: 1, count: 2 },
];

const BATCH = 4;
const TARGET = 0.5;

interface Measured {
  shape: Shape;
  time: Sides;
  memory: Sides;
}

export const involution: Bench = {
  about: `time and memory of involution at RedNet-101's shapes, ${BATCH} pictures, against unfold in PyTorch`,
  async run({ threads }) {
    const python = findPython();
    const fresh = <T>(measure: (pair: Pair) => Promise<T>) => within("involution", python, equal(threads), measure);
    const details = await fresh(versions);
    const rows: Row[] = [];
    for (const pass of ["forward", "forward and backward"]) {
      const measured: Measured[] = [];
      for (const shape of rednet101) measured.push(await fresh((pair) => measure(pair, shape, pass === "forward")));
      rows.push(...measured.flatMap((one) => rowsOf(one, pass)), ...total(measured, pass));
    }
    return { rows, details: { threads, batch: BATCH, ...details } };
  },
};

/** The peak of the first pass, then the time of those that follow. */
async function measure(pair: Pair, shape: Shape, forwardOnly: boolean): Promise<Measured> {
  const { ours, reference } = pair;
  for (const program of [ours, reference]) await program.ask("prepare", { ...shape, batch: BATCH, forwardOnly });
  const memory = { ours: await ours.growth("passes", { count: 1 }), reference: await reference.growth("passes", { count: 1 }) };
  const time = await inTurn(pair, 5, async (program) => median(await program.ask<number[]>("passes", { count: 3 })));
  return { shape, time, memory };
}

function rowsOf({ shape: { channels, map, kernel, stride }, time, memory }: Measured, pass: string): Row[] {
  const name = `${channels} channels, ${map}x${map}, kernel ${kernel}, stride ${stride}, ${pass}`;
  return [
    row(name, "ms", time.ours, time.reference, TARGET),
    row(`${name}: memory`, "MiB", memory.ours, memory.reference, TARGET),
  ];
}

/** What the network's involutions take together, and the memory of the largest. */
function total(measured: Measured[], pass: string): Row[] {
  const sum = (side: keyof Sides) => measured.reduce((ms, { shape, time }) => ms + shape.count * time[side], 0);
  const most = (side: keyof Sides) => Math.max(...measured.map(({ memory }) => memory[side]));
  return [
    row(`all of RedNet-101's, ${pass}`, "ms", sum("ours"), sum("reference"), TARGET),
    row(`all of RedNet-101's, ${pass}: most memory`, "MiB", most("ours"), most("reference"), TARGET),
  ];
}
