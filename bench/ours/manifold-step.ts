/** Our side of `npm run bench -- manifold-step`: DeiT-Tiny under CaiT-S24, by the session that trains recipes. */
import type { Dataset } from "vit-distill/data";
import { manifold } from "vit-distill/methods";
import { cait, countMacs, createModel, type Model } from "vit-distill/models";
import { adamW } from "vit-distill/optim";
import { tidy } from "vit-distill/torch";
import { type Precision, Session } from "vit-distill/train";
import { Filler } from "../../tools/golden/filler.js";
import type { Macs, Work } from "../step.js";
import { describe } from "./describe.js";
import { peak } from "./products.js";
import { serve } from "./serve.js";

const LR = 5e-4;

let work: Work;
let session: Session;
let batch: Parameters<Session["step"]>[0];

/** Models filled by the formula and a batch; the answer is the student's number of parameters. */
function prepare({ precision, ...given }: Work & { precision: Precision | "auto" }): number {
  work = given;
  const { batch: count, size } = work;
  const filler = new Filler();
  session = Session.open(
    {
      student: () => filler.fill(student()),
      teachers: [() => filler.fill(teacher())],
      method: manifold(),
      data: { train: blank(count), batchSize: count, workers: 0 },
      steps: 1000,
      optimizer: adamW({ lr: LR, weightDecay: 0.05 }),
      precision,
    },
    { seed: 0, device: "cpu" },
  );
  const shape: [number, number, number, number] = [count, 3, size, size];
  using images = filler.input("manifold-step", shape);
  batch = {
    images: images.data() as Float32Array,
    shape,
    labels: new BigInt64Array(count),
    rows: Int32Array.from({ length: count }, (_, i) => i),
    asked: Uint32Array.from({ length: count }, (_, i) => i),
    targets: null,
    classes: 1000,
    index: 0,
    bad: [],
  };
  return session.student.parameterCount();
}

const student = (): Model => createModel("deit_tiny_patch16_224", { imgSize: work.size });
const teacher = (): Model => cait({ ...work.teacher, imgSize: work.size });

/** What the session is opened with; the pictures are handed to its steps directly. */
const blank = (n: number): Dataset => ({
  name: "blank",
  classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
  n,
  channels: 3,
  labels: new Int32Array(n),
  pictures: {
    kind: "pixels",
    name: "blank",
    images: new Uint8Array(n * 3 * work.size ** 2),
    channels: 3,
    height: work.size,
    width: work.size,
  },
});

/** Milliseconds and loss of each of `count` steps. */
function steps({ count }: { count: number }) {
  const losses: number[] = [];
  const times = Array.from({ length: count }, () => {
    const begin = performance.now();
    losses.push(session.step(batch, LR).loss);
    return performance.now() - begin;
  });
  return { times, losses };
}

function macs(): Macs {
  return tidy(() => ({ teacher: countMacs(teacher()), student: countMacs(student()) }));
}

await serve({ describe, prepare, steps, macs, peak });
