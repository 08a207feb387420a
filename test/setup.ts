/** After each test file the engine holds no more tensors than when its first test began: whoever makes a tensor frees it. */

import { createRequire } from "node:module";
import { afterAll, beforeAll, expect } from "vitest";
import "./support/error-codes.js";

const { cache } = createRequire(import.meta.url);

/** A file that never loaded the addon has none, and does not load it for this. */
async function liveTensors(): Promise<number> {
  const isLoaded = Object.keys(cache).some((file) => file.endsWith("vit_distill.node"));
  return isLoaded ? (await import("../src/torch/index.js")).memory().tensors : 0;
}

let begin = 0;

beforeAll(async () => {
  begin = await liveTensors();
});

afterAll(async () => {
  expect(await liveTensors(), "live tensors at the end of this file (free them by tidy, using or dispose)").toBeLessThanOrEqual(
    begin,
  );
});
