/** Either side of `npm run bench -- kernels`: CaiT-S24's parts by operators of ours, or by libtorch's. */
import { createModel } from "vit-distill/models";
import { composedTalkingAttention, Dropout, Linear, talkingAttention } from "vit-distill/nn";
import { autocast, inferenceMode, manualSeed, randn, tidy } from "vit-distill/torch";
import { describe } from "./describe.js";
import { macsOf, peak } from "./products.js";
import { serve, times } from "./serve.js";

export interface Work {
  part: "heads" | "model";
  form: "fused" | "composed";
  dtype: "bfloat16" | "float32";
  batch: number;
}

type Pass = () => unknown;

function headsPass({ form, dtype, batch }: Work): Pass {
  const layer = (): Linear => new Linear(8, 8).requiresGrad_(false);
  const call = { before: layer(), after: layer(), dropout: new Dropout(0) };
  const qkv = randn([batch, 196, 3 * 384]).to({ dtype });
  return () => (form === "fused" ? talkingAttention : composedTalkingAttention)(qkv, call);
}

/** A dropout of nothing that says it is active keeps a block from being one operator, and changes no number. */
function modelPass({ form, batch }: Work): Pass {
  const model = createModel("cait_s24_224").eval().requiresGrad_(false);
  for (const module of model.modules()) {
    if (form === "composed" && module instanceof Dropout) Object.defineProperty(module, "isActive", { value: true });
  }
  const images = randn([batch, 3, 224, 224]);
  return () => model.forward(images);
}

let pass: Pass;

function prepare(work: Work): null {
  manualSeed(1);
  const run = work.part === "heads" ? headsPass(work) : modelPass(work);
  const enabled = work.dtype === "bfloat16";
  pass = () => tidy(() => void inferenceMode(() => autocast({ enabled }, run)));
  pass();
  return null;
}

const passes = ({ count }: { count: number }): number[] => times(count, () => void pass());

const macs = (): number => macsOf(pass);

await serve({ describe, prepare, passes, macs, peak });
