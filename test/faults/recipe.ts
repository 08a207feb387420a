/**
 * A run that is made to be killed: of everything that a checkpoint must hold there is some. STEPS and, in seconds, EVERY say how long and how often it is saved.
 * Command: npm run test:kill (whole), test/e2e/kill.test.ts (short)  Result: none, the pictures are noise.
 */
import * as v from "vit-distill";

const n = 60;
const noise = v.samples({
  name: "noise",
  channels: 1,
  height: 16,
  width: 16,
  classes: ["a", "b", "c"],
  images: Uint8Array.from({ length: n * 256 }, (_, i) => (i * 2654435761) >>> 24),
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
});
const size = { imgSize: 16, inChannels: 1, numClasses: 3, patchSize: 4, depth: 2, heads: 2, input: { mean: [0.5], std: [0.5] } };
const inner = v.manifold({ layers: [[0, 0], [1, 1]], samples: 24, alpha: 0.5 }); // biome-ignore format: two pairs

/** Manifold, which draws from the method's stream, and a projector that is trained beside the student. */
const hinted = v.defineMethod({
  name: "hinted",
  meetings: inner.meetings,
  relational: inner.relational,
  extras: ({ student, teacher }) => new v.Linear(student.embedDim, teacher.embedDim),
  loss(input, projector) {
    const [meeting] = inner.meetings(input.players);
    const hint = v.mse(
      v.onGrid(input.student.taps[0], meeting.student, meeting).pipe(projector),
      v.onGrid(input.teacher.taps[0], meeting.teacher, meeting),
    );
    return { ...inner.loss(input, null), hint };
  },
});

export default v.defineRecipe({
  name: "kept",
  student: () => v.vit({ ...size, embedDim: 64, drop: 0.1, dropPath: 0.2 }),
  teachers: [() => v.cait({ ...size, embedDim: 32, initScale: 0.1 })],
  method: hinted,
  data: {
    train: noise,
    val: noise,
    batchSize: 12,
    augment: v.compose([v.flip(), v.normalise(size.input), v.randomErasing({ probability: 0.5, mode: "pixel" })]),
    mix: v.mixup({ alpha: 0.8, cutmix: 1 }),
    workers: 1,
  },
  steps: Number(process.env.STEPS ?? 40),
  optimizer: v.adamW({ lr: 3e-3 }),
  schedule: v.cosine({ warmupEpochs: 1 }),
  accumulate: { steps: 2, gather: true },
  precision: "float32",
  ema: 0.9,
  clip: 0.5,
  evalEvery: 7,
  logEvery: 1,
  keep: { last: 2, every: Number(process.env.EVERY ?? 0), best: true },
});
