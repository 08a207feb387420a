/** Both sides of `npm run bench -- masked-teacher`: DeiT-Tiny under one CaiT-S24 that sees a share of the patches, or all. */
import { type Batch, samples } from "vit-distill/data";
import { type Method, manifold, soft } from "vit-distill/methods";
import { countMacs, createModel, type Model } from "vit-distill/models";
import { adamW } from "vit-distill/optim";
import { Session } from "vit-distill/train";
import { Filler } from "../../tools/golden/filler.js";
import type { Setting, Times } from "../masked-teacher.js";
import { describe } from "./describe.js";
import { serve } from "./serve.js";

const LR = 5e-4;
const SIZE = 224;

const methods: Record<Setting["method"], () => Method> = { soft: () => soft({ alpha: 1 }), manifold: () => manifold() };
const sessions = new Map<string, Session>();
let teacher: Model;
let batch: Batch;

/** A session for each setting, all under the same teacher; the answer is the teacher's multiply-accumulates by patches seen. */
async function prepare({ settings, pictures, seen }: { settings: Setting[]; pictures: number; seen: number[] }) {
  const filler = new Filler();
  teacher = filler.fill(createModel("cait_s24_224"));
  for (const setting of settings) sessions.set(JSON.stringify(setting), open(setting, pictures, filler));
  const [session] = sessions.values();
  batch = (await session.loader.epoch(0).next()).value!;
  return Object.fromEntries(seen.map((patches) => [patches, countMacs(teacher, { patches })]));
}

const open = ({ method, keep }: Setting, pictures: number, filler: Filler): Session =>
  Session.open(
    {
      student: () => filler.fill(createModel("deit_tiny_patch16_224")),
      teachers: [() => teacher],
      ...(keep !== null && { maskedTeacher: { keep } }),
      method: methods[method](),
      data: { train: noise(pictures), batchSize: pictures, workers: 0 },
      steps: 1000,
      optimizer: adamW({ lr: LR, weightDecay: 0.05 }),
      precision: "auto",
    },
    { seed: 0, device: "cpu" },
  );

/** Pictures in which nothing is alike, so that the student has somewhere to look. */
const noise = (n: number) =>
  samples({
    name: "noise",
    images: Uint8Array.from({ length: n * 3 * SIZE * SIZE }, (_, i) => Math.imul(i, 2654435761) >>> 24),
    labels: new Int32Array(n),
    channels: 3,
    height: SIZE,
    width: SIZE,
    classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
  });

/** Milliseconds of one step, and of the teacher in it. */
function step({ setting }: { setting: Setting }): Times {
  const begin = performance.now();
  const { teacherTime } = sessions.get(JSON.stringify(setting))!.step(batch, LR);
  return { step: performance.now() - begin, teacher: teacherTime };
}

await serve({ describe, prepare, step });
