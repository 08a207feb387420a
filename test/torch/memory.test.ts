/** Loops leave the engine's memory where it was; test/e2e/long-training.test.ts looks at the process as the kernel counts it. */
import { expect, test } from "vitest";
import { memory, ones, tidy } from "../../src/torch/index.js";

test("20,000 operators in a synchronous loop inside tidy leave memory() where it was", () => {
  using x = ones([64, 64]);
  const before = memory();
  tidy(() => {
    for (let i = 0; i < 200; i++) {
      tidy(() => {
        for (let j = 0; j < 100; j++) x.add(j);
      });
    }
  });
  expect(memory()).toEqual(before);
});

test("a tidy that throws half-way leaves memory() where it was", () => {
  using x = ones([4]);
  const before = memory();
  const failing = () =>
    tidy(() => {
      for (let i = 0; i < 100; i++) x.add(i);
      throw new Error("half-way");
    });
  expect(failing).toThrow("half-way");
  expect(memory()).toEqual(before);
});
