/** Either side of `npm run bench -- kernels`: CaiT-S24's parts and DeiT-Tiny's training by operators of ours, or by libtorch's. */
import { createModel, type Model } from "vit-distill/models";
import { composedTalkingAttention, Dropout, Linear, talkingAttention } from "vit-distill/nn";
import { autocast, inferenceMode, manualSeed, randn, tidy } from "vit-distill/torch";
import { describe } from "./describe.js";
import { macsOf, peak } from "./products.js";
import { serve, times } from "./serve.js";

export interface Work {
  part: "heads" | "model" | "student";
  form: "fused" | "composed";
  dtype: "bfloat16" | "float32";
  batch: number;
}

type Pass = () => unknown;

/** Under autocast where the work is in bfloat16. */
const cast = <T>({ dtype }: Work, run: () => T): T => autocast({ enabled: dtype === "bfloat16" }, run);

function headsPass(work: Work): Pass {
  const layer = (): Linear => new Linear(8, 8).requiresGrad_(false);
  const call = { before: layer(), after: layer(), dropout: new Dropout(0) };
  const qkv = randn([work.batch, 196, 3 * 384]).to({ dtype: work.dtype });
  const heads = work.form === "fused" ? talkingAttention : composedTalkingAttention;
  return () => inferenceMode(() => cast(work, () => heads(qkv, call)));
}

/** A dropout of nothing that says it is active keeps a block from being one operator, and changes no number. */
function inForm(model: Model, form: Work["form"]): Model {
  for (const module of model.modules()) {
    if (form === "composed" && module instanceof Dropout) Object.defineProperty(module, "isActive", { value: true });
  }
  return model;
}

function modelPass(work: Work): Pass {
  const model = inForm(createModel("cait_s24_224").eval().requiresGrad_(false), work.form);
  const images = randn([work.batch, 3, 224, 224]);
  return () => inferenceMode(() => cast(work, () => model.forward(images)));
}

/** Forward and backward, with the last block whole, as the manifold terms ask for it. */
function studentPass(work: Work): Pass {
  const model = inForm(createModel("deit_tiny_patch16_224").train(), work.form);
  const images = randn([work.batch, 3, 224, 224]);
  return () => {
    model.zeroGrad();
    const { taps } = cast(work, () => model.forward(images, { taps: ["blocks.11"] }));
    taps[0].square().mean().backward();
  };
}

const kinds: Record<Work["part"], (work: Work) => Pass> = { heads: headsPass, model: modelPass, student: studentPass };

let pass: Pass;
let products: number;

function prepare(work: Work): null {
  manualSeed(1);
  const run = kinds[work.part](work);
  pass = () => tidy(() => void run());
  products = work.part === "student" ? 3 : 1; // the backward pass has two where the forward pass has one
  pass();
  return null;
}

const passes = ({ count }: { count: number }): number[] => times(count, () => void pass());

const macs = (): number => products * macsOf(pass);

await serve({ describe, prepare, passes, macs, peak });
