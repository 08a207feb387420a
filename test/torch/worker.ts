/** What test/torch/process.test.ts runs in a worker: computes and leaves tensors behind, or computes until it is terminated. */

import { parentPort, workerData } from "node:worker_threads";
import {
  autocast,
  inferenceMode,
  manualSeed,
  memory,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  tidy,
} from "../../src/torch/index.js";

const loss = (x: Tensor): Tensor => x.matmul(x).square().sum();

/** A value and its gradient; the seed is this thread's to set. */
function compute(): number[] {
  return tidy(() => {
    const x = tensor([[1, 2], [3, 4]]).requiresGrad_(); // biome-ignore format: a matrix
    loss(x).backward();
    return [loss(x).item(), ...x.grad!.data()].map(Number);
  });
}

/** Operators, gradients and borrowed memory in every mode, without a pause. */
function forever(): never {
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => i % 7);
  parentPort!.postMessage("begun");
  for (;;) {
    tidy(() => {
      const x = tensor(data, { shape: [64, 64], share: true }).requiresGrad_();
      loss(x).backward();
      inferenceMode(() => noGrad(() => autocast({}, () => loss(ones([64, 64])))));
    });
  }
}

if (workerData === "forever") forever();
manualSeed(1);
randn([3]);
parentPort!.postMessage({ values: compute(), tensors: memory().tensors });
