/** Our side of `npm run bench -- manifold-step`: DeiT-Tiny under CaiT-S24, by the session that trains recipes. */
import type { Dataset } from "vit-distill/data";
import { manifold } from "vit-distill/methods";
import { createModel, type Model } from "vit-distill/models";
import { adamW } from "vit-distill/optim";
import { engineInfo, noGrad, randn, tallyMacs, tidy } from "vit-distill/torch";
import { type Precision, Session } from "vit-distill/train";
import { Filler } from "../../tools/golden/filler.js";
import { serve } from "./serve.js";

const LR = 5e-4;

interface Settings {
  precision: Precision | "auto";
  batch: number;
}

let session: Session;
let batch: Parameters<Session["step"]>[0];

/** Models filled by the formula and a batch; the answer is the student's number of parameters. */
function prepare({ precision, batch: size }: Settings): number {
  const filler = new Filler();
  const filled = (name: string) => (): Model => filler.fill(createModel(name));
  session = Session.open(
    {
      student: filled("deit_tiny_patch16_224"),
      teachers: [filled("cait_s24_224")],
      method: manifold(),
      data: { train: blank(size), batchSize: size, workers: 0 },
      steps: 1000,
      optimizer: adamW({ lr: LR, weightDecay: 0.05 }),
      precision,
    },
    { seed: 0, device: "cpu" },
  );
  const shape: [number, number, number, number] = [size, 3, 224, 224];
  using images = filler.input("manifold-step", shape);
  batch = {
    images: images.data() as Float32Array,
    shape,
    labels: new BigInt64Array(size),
    rows: Int32Array.from({ length: size }, (_, i) => i),
    asked: Uint32Array.from({ length: size }, (_, i) => i),
    targets: null,
    classes: 1000,
    index: 0,
    bad: [],
  };
  return session.student.parameterCount();
}

/** What the session is opened with; the pictures are handed to its steps directly. */
const blank = (n: number): Dataset => ({
  name: "blank",
  classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
  n,
  channels: 3,
  labels: new Int32Array(n),
  pictures: { kind: "pixels", name: "blank", images: new Uint8Array(n * 3 * 224 * 224), channels: 3, height: 224, width: 224 },
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

/** Multiply-accumulates of one picture's step: the teacher's forward pass, and three products where the student has one. */
function macs(): number {
  return tidy(() => {
    const images = randn([1, 3, 224, 224]);
    const [teacher, student] = ["cait_s24_224", "deit_tiny_patch16_224"].map((name) => {
      const model = createModel(name);
      return tallyMacs(() => noGrad(() => model.forward(images))).macs;
    });
    return teacher + 3 * student;
  });
}

/** Multiply-accumulates a second of large matrix products, the best of a few. */
function peak({ dtype }: { dtype: "float32" | "bfloat16" }): number {
  return tidy(() => {
    const n = 2048;
    const [a, b] = [randn([n, n], { dtype }), randn([n, n], { dtype })];
    const seconds = Array.from({ length: 9 }, () => {
      const begin = performance.now();
      tidy(() => void a.matmul(b));
      return (performance.now() - begin) / 1e3;
    });
    return n ** 3 / Math.min(...seconds);
  });
}

function describe() {
  const { libtorch, threads } = engineInfo();
  return { torch: libtorch, threads };
}

await serve({ describe, prepare, steps, macs, peak });
