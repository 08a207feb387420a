/** Whether the device asked for is there. */

import { type Device, engineInfo } from "../torch/index.js";
import { UserError } from "../user-error.js";

export function checkDevice(device: Device): void {
  const { devices, libtorch } = engineInfo();
  const named = device === "cuda" ? "cuda:0" : device;
  if (devices.includes(named)) return;
  const others = devices.length > 1 ? "" : " For a GPU, set LIBTORCH to a libtorch built for CUDA and run npm run setup.";
  throw new UserError("ERR_DEVICE", `There is no device "${device}"`, {
    remedy: `libtorch ${libtorch} sees ${devices.join(", ")}.${others}`,
  });
}
