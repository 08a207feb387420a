/** Our side of `npm run bench -- engine`: single operators on tiny tensors, and a DeiT-Tiny training step. */
import { createModel } from "vit-distill/models";
import { crossEntropy } from "vit-distill/nn";
import { adamW } from "vit-distill/optim";
import {
  autocast,
  cat,
  engineInfo,
  full,
  layerNorm,
  linear,
  manualSeed,
  noGrad,
  ones,
  randint,
  randn,
  type Tensor,
  tidy,
  zeros,
} from "vit-distill/torch";
import { describe } from "./describe.js";
import { macsOf, peak } from "./products.js";
import { serve, times } from "./serve.js";

const a = ones([4, 4]);
const b = full([4, 4], 1e-3);
const weight = ones([4, 4]);
const gain = ones([4]);
const bias = zeros([4]);
const trained = ones([4, 4]).requiresGrad_(true);

/** By the names of bench/reference/engine.py. */
const operators: Record<string, () => unknown> = {
  add: () => a.add(b),
  add_: () => a.add_(b),
  "mul by a number": () => a.mul(0.5),
  matmul: () => a.matmul(b),
  linear: () => linear(a, weight, { bias }),
  layer_norm: () => layerNorm(a, [4], { weight: gain, bias }),
  softmax: () => a.softmax(-1),
  gelu: () => a.gelu(),
  transpose: () => a.transpose(0, 1),
  reshape: () => a.reshape([2, 8]),
  select: () => a.select(0, 1),
  sum: () => a.sum([1], { keepdim: true }),
  cat: () => cat([a, b], { dim: 1 }),
  "backward of a chain": () => linear(a, trained, { bias }).gelu().mul(b).sum().backward(),
};

/** Microseconds for one call, results freed by the twenty, as a transformer block frees its own. */
function operator({ name, calls }: { name: string; calls: number }): number {
  const run = operators[name];
  const begin = performance.now();
  for (let done = 0; done < calls; done += 20) {
    tidy(() => {
      for (let i = 0; i < 20; i++) run();
    });
  }
  return ((performance.now() - begin) / calls) * 1e3;
}

type Precision = "fp32" | "bf16";
let step: () => void;
let forward: () => Tensor;

/** A model and a batch to train it on; the answer is the number of parameters. */
function prepare({ precision, batch }: { precision: Precision; batch: number }): number {
  manualSeed(0);
  const model = createModel("deit_tiny_patch16_224");
  const optimizer = adamW({ lr: 5e-4, weightDecay: 0.05 }).build(model.namedParameters());
  const images = randn([batch, 3, 224, 224]);
  const labels = randint(0, 1000, [batch]);
  forward = () => model.forward(images).logits;
  step = () =>
    tidy(() => {
      const loss = autocast({ enabled: precision === "bf16" }, () => crossEntropy(forward(), labels));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      loss.item();
    });
  return model.parameterCount();
}

const steps = ({ count }: { count: number }): number[] => times(count, () => step());

/** Three products where the forward pass has one. */
const macs = (): number => 3 * macsOf(() => noGrad(forward));

const fastest = (): Precision => (engineInfo().bfloat16 ? "bf16" : "fp32");

await serve({ describe, fastest, names: () => Object.keys(operators), operator, prepare, steps, macs, peak });
