/**
 * What the manifold step costs as its batch, its pictures and its teacher grow, beside PyTorch at its best. tools/scaling.ts makes
 * the tables and the picture of it.
 */
import { dtypeOf, peakOf } from "./bound.js";
import { agreement, type Row, row } from "./form.js";
import { during, oursOf } from "./pair.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";
import {
  type Contender,
  compete,
  eagerTrials,
  type Macs,
  paper,
  programOf,
  ready,
  requestOf,
  type Setting,
  stepMacs,
  TOLERANCE,
  time,
  type Work,
  words,
} from "./step.js";

const BATCH = 8;
const PATCH = 16;

export type Axis = "batch" | "resolution" | "teacher";

/** Where on an axis a row was measured. */
export interface Place {
  axis: Axis;
  /** As people call it. */
  at: string;
  /** As the axis counts: pictures, patches of a picture, 10⁹ multiply-accumulates of the teacher for a picture. */
  x: number;
  pictures: number;
}

export type Point = Row & Place;

interface Case {
  axis: Axis;
  at: string;
  work: Work;
  rounds: number;
}

const batches = [1, 2, 4, 8, 16, 32];
const sizes = [112, 160, 224, 288, 384];
/** The widths and depths of CaiT's paper, all for pictures of 224 px. https://arxiv.org/abs/2103.17239 */
const teachers: Record<string, Work["teacher"]> = {
  XXS24: { embedDim: 192, depth: 24, heads: 4 },
  XS24: { embedDim: 288, depth: 24, heads: 6 },
  S24: paper.teacher,
  S36: { embedDim: 384, depth: 36, heads: 8 },
  M36: { embedDim: 768, depth: 36, heads: 16 },
};

const cases: readonly Case[] = [
  ...batches.map((batch): Case => ({ axis: "batch", at: String(batch), work: { ...paper, batch }, rounds: 5 })),
  ...sizes.map((size): Case => ({ axis: "resolution", at: `${size} px`, work: { ...paper, batch: BATCH, size }, rounds: 5 })),
  ...Object.entries(teachers).map(([name, teacher]): Case => {
    const rounds = name === "M36" ? 3 : 5; // half of the bench's time otherwise
    return { axis: "teacher", at: `CaiT-${name}`, work: { ...paper, batch: BATCH, teacher }, rounds };
  }),
];

export const scaling: Bench = {
  about: "time and memory of a manifold step against batch, resolution and teacher, beside PyTorch at its best",
  async run({ note }) {
    const python = findPython();
    const [{ setting }] = await eagerTrials(python, note);
    const measured = new Map<string, Measured>();
    const find = ({ work }: Case): Measured => measured.get(JSON.stringify(work))!;
    for (const one of cases) {
      const key = JSON.stringify(one.work); // the paper's step lies on all three axes
      if (measured.has(key)) continue;
      note(`${one.axis} ${one.at}`);
      measured.set(key, await measure(python, setting, one));
    }
    const all = [...measured.values()];
    const peak = Math.max(...all.map(({ peak }) => peak));
    return {
      rows: [...cases.flatMap((one) => pointsOf(one, find(one), peak)), furthestLoss(all, TOLERANCE[setting.precision])],
      details: { threads: { ours: all[0].threads, reference: words(setting) }, torch: all[0].torch },
    };
  },
};

/** Of either side: milliseconds of a step, MiB at most, the loss of the first step. */
interface Side {
  time: number;
  memory: number;
  loss: number;
}

interface Measured {
  ours: Side;
  reference: Side;
  macs: Macs;
  /** Multiply-accumulates a second of large products. */
  peak: number;
  threads: number;
  torch: { ours: string; reference: string };
}

/** Both sides begin afresh, so that the memory of one case is not the memory of another. */
function measure(python: string, setting: Setting, { work, rounds }: Case): Promise<Measured> {
  return during({ ours: oursOf("manifold-step"), reference: programOf(python, setting) }, async (pair) => {
    const [ours, reference] = await Promise.all([
      ready(pair.ours, { ...work, precision: "auto" }),
      ready(pair.reference, { ...work, ...requestOf(setting) }),
    ]);
    await compete([ours, reference], rounds);
    return {
      ours: sideOf(ours),
      reference: sideOf(reference),
      macs: await pair.ours.ask<Macs>("macs"),
      peak: await peakOf(pair.ours, dtypeOf(setting.precision)),
      threads: ours.threads,
      torch: { ours: ours.torch, reference: reference.torch },
    };
  });
}

const sideOf = (side: Contender): Side => ({ time: time(side), memory: side.program.peakMemory(), loss: side.losses[0] });

function pointsOf({ axis, at, work }: Case, { ours, reference, macs }: Measured, peak: number): Point[] {
  const x = { batch: work.batch, resolution: (work.size / PATCH) ** 2, teacher: macs.teacher / 1e9 }[axis];
  const place: Place = { axis, at, x, pictures: work.batch };
  const bound = ((work.batch * stepMacs(macs)) / peak) * 1e3;
  const name = `${axis} ${at}`;
  return [
    { ...row(name, "ms", ours.time, reference.time, 1, bound), ...place },
    { ...row(`${name}: memory`, "MiB", ours.memory, reference.memory, null), ...place },
  ];
}

/** The first loss of the case whose sides agree least. */
function furthestLoss(all: readonly Measured[], tolerance: number): Row {
  const distance = ({ ours, reference }: Measured) => Math.abs(Math.log(ours.loss / reference.loss));
  const furthest = all.reduce((least, one) => (distance(one) > distance(least) ? one : least));
  return agreement("loss of the first step, where it differs most", furthest.ours.loss, furthest.reference.loss, tolerance);
}
