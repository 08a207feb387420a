/** Five steps of each optimizer against PyTorch's, and a resume in the middle. */

import { describe, expect, test } from "vitest";
import { adamW, type Optimizer, type OptimizerFactory, sgd } from "../../src/optim/index.js";
import { memory, Parameter, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, golden, wave } from "../support/wave.js";

const expected = golden(import.meta.url);
const rates = [1e-2, 5e-3, 2e-2, 1e-2, 3e-3];

interface Toy extends Disposable {
  weight: Parameter;
  bias: Parameter;
  optimizer: Optimizer;
}

function toy(factory: OptimizerFactory): Toy {
  const [weight, bias] = [new Parameter(wave([2, 3], 0)), new Parameter(wave([4], 1))];
  const optimizer = factory.build([
    ["fc.weight", weight],
    ["fc.bias", bias],
  ]);
  return {
    weight,
    bias,
    optimizer,
    [Symbol.dispose]() {
      for (const held of [weight, bias, optimizer]) held.dispose();
    },
  };
}

/** The matrix has no gradient in the third step. */
function stepOf({ weight, bias, optimizer }: Toy, step: number): void {
  tidy(() => {
    optimizer.zeroGrad();
    if (step !== 2) weight.grad = wave([2, 3], 10 + step);
    bias.grad = wave([4], 20 + step);
    optimizer.step(rates[step]);
  });
}

const factories: Record<string, OptimizerFactory> = {
  adamW: adamW({ lr: 1, weightDecay: 0.05, betas: [0.8, 0.95], eps: 1e-6 }),
  sgd: sgd({ lr: 1 }),
  momentum: sgd({ lr: 1, momentum: 0.9, weightDecay: 0.1 }),
  nesterov: sgd({ lr: 1, momentum: 0.9, weightDecay: 0.1, nesterov: true }),
};

onEachDevice(() => {
  describe.each(Object.entries(factories))("%s", (name, factory) => {
    test("five steps are PyTorch's", () => {
      using run = toy(factory);
      for (const step of rates.keys()) stepOf(run, step);
      expectClose(run.weight, expected[name].weight, { tolerance: 3e-7 });
      expectClose(run.bias, expected[name].bias, { tolerance: 3e-7 });
    });

    test("a resumed run goes on exactly, through JSON and copies", () => {
      using whole = toy(factory);
      for (const step of rates.keys()) stepOf(whole, step);

      using first = toy(factory);
      for (const step of [0, 1, 2]) stepOf(first, step);
      using second = toy(factory);
      tidy(() => {
        second.weight.detach().copy_(first.weight.detach());
        second.bias.detach().copy_(first.bias.detach());
        const { tensors, steps } = first.optimizer.stateDict();
        second.optimizer.loadStateDict({ tensors, steps: JSON.parse(JSON.stringify(steps)) });
      });
      for (const step of [3, 4]) stepOf(second, step);
      expect(second.weight.toArray()).toEqual(whole.weight.toArray());
      expect(second.bias.toArray()).toEqual(whole.bias.toArray());
    });

    test("a step leaves no tensor behind", () => {
      using run = toy(factory);
      stepOf(run, 0);
      run.optimizer.zeroGrad();
      const before = memory().tensors;
      stepOf(run, 1);
      run.optimizer.zeroGrad();
      expect(memory().tensors).toBe(before);
    });
  });

  test("state is keyed by parameter", () => {
    using run = toy(factories.adamW);
    stepOf(run, 2);
    const { tensors, steps } = run.optimizer.stateDict();
    expect([...tensors.keys()].sort()).toEqual([
      "fc.bias.exp_avg",
      "fc.bias.exp_avg_sq",
      "fc.weight.exp_avg",
      "fc.weight.exp_avg_sq",
    ]);
    expect(steps).toEqual({ "fc.weight": 0, "fc.bias": 1 });
  });

  test("the state of other parameters is refused", () => {
    using run = toy(factories.adamW);
    using other = toy(factories.momentum);
    expect(() => run.optimizer.loadStateDict(other.optimizer.stateDict())).toThrowCode("ERR_CHECKPOINT");
  });
});
