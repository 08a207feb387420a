/** A long training leaves memory where it was: the engine's handles, and the process as the kernel counts it. */
import { expect, test } from "vitest";
import { type Model, vit } from "../../src/models/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { adamW, type Optimizer } from "../../src/optim/index.js";
import { memory, randint, randn, type Tensor, tidy } from "../../src/torch/index.js";

/** AddressSanitizer keeps what is freed for a while: the process grows. */
const keepsFreed = process.env.VIT_DISTILL_SANITIZED !== undefined;

const residentMiB = () => process.memoryUsage.rss() / 2 ** 20;

test("3,000 training steps of a tiny student keep handles and resident memory flat", () => {
  const student = vit({ imgSize: 8, patchSize: 4, embedDim: 16, depth: 1, heads: 2, numClasses: 10 });
  const optimizer = adamW({ lr: 1e-3, weightDecay: 0.05 }).build(student.namedParameters());
  using images = randn([4, 3, 8, 8]);
  using labels = randint(0, 10, [4]);
  const train = (steps: number) => {
    for (let i = 0; i < steps; i++) step(student, optimizer, images, labels);
  };

  train(500); // the allocator and the compiler reach their size
  const [handles, resident] = [memory(), residentMiB()];
  train(3000);
  expect(memory()).toEqual(handles);
  if (!keepsFreed) expect(residentMiB() - resident).toBeLessThan(16);

  optimizer.dispose();
  student.dispose();
});

function step(student: Model, optimizer: Optimizer, images: Tensor, labels: Tensor): void {
  tidy(() => {
    optimizer.zeroGrad();
    crossEntropy(student.forward(images).logits, labels).backward();
    optimizer.step();
  });
}
