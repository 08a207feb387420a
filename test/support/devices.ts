/** Where the suites of the engine, layers, methods and models run: on the processor, and on the first GPU where the engine sees one. */

import { afterAll, beforeAll, describe } from "vitest";
import { setDefaultDevice } from "../../src/torch/factories.js";
import { type Device, engineInfo } from "../../src/torch/index.js";

export const devices: readonly Device[] = engineInfo().devices.filter((name) => ["cpu", "cuda:0"].includes(name));

/** The suite on each device: tensors, modules and models are made there unless a test says where. Random streams and autocast are told. */
export function onEachDevice(suite: (device: Device) => void): void {
  describe.each(devices)("on %s", (device) => {
    let before: Device;
    beforeAll(() => {
      before = setDefaultDevice(device);
    });
    afterAll(() => void setDefaultDevice(before));
    suite(device);
  });
}
