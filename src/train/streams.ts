/**
 * What dropout, drop-path and initialisers draw from, for one run alone: libtorch gives them its process-wide default streams, so a
 * run lends its own in their place whenever it computes, and no other run or program in the process is moved by it.
 */

import { type Device, Generator } from "../torch/index.js";

/** The CPU's, and the device's where it has one of its own; by the names that a checkpoint keeps them under. */
export function runStreams(seed: number, device: Device): Map<string, Generator> {
  const cpu = ["default", Generator.seeded(seed)] as const;
  return new Map(device === "cpu" ? [cpu] : [cpu, ["device", Generator.seeded(seed, { device })]]);
}

/** Runs `fn` with each of these in the place of its device's default stream. */
export function drawingFrom<T>(streams: Iterable<Generator>, fn: () => T): T {
  return [...streams].reduce<() => T>((inner, stream) => () => stream.asDefault(inner), fn)();
}
