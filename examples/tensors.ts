/** The engine on one page: tensors, gradients, who frees what. Command: node --import tsx examples/tensors.ts */

import { listen, manualSeed, memory, noGrad, Parameter, rand, randn, tensor, tidy, zeros } from "vit-distill/torch";

manualSeed(0);
const truth = tensor([[2], [-3]]); // [2, 1]
const weight = new Parameter(zeros([2, 1]));

/** One step of gradient descent on the mean of (x·w − x·truth)². All that it makes is freed when it returns. */
const step = (rate: number): number =>
  tidy(() => {
    const x = randn([64, 2]);
    const loss = x.matmul(weight.sub(truth)).square().mean();
    loss.backward();
    noGrad(() => weight.sub_(weight.grad!.mul(rate)));
    weight.grad = null;
    return loss.item();
  });

for (let i = 0; i <= 40; i++) {
  const loss = step(0.1);
  if (i % 20 === 0) console.log(`step ${i}  loss ${loss.toFixed(4)}  live tensors ${memory().tensors}`);
}
console.log("weight", weight);

// every operator passes one door, and can be heard there
const stop = listen(({ operator }) => console.log(operator));
tidy(() => {
  rand([4, 8]).softmax(-1).sum([0], { keepdim: true });
});
stop();
