/** `vit-distill info`: what this machine gives the engine, and why threads and BLAS are as they are. */
import { Command } from "commander";
import type { EngineInfo } from "../torch/index.js";
import { showForeign } from "./foreign-info.js";
import { list } from "./table.js";
import { showWeights } from "./weights-info.js";

export const info = new Command("info")
  .description("show versions, devices, threads and why they were chosen, or what a weight file holds")
  .argument("[file]", "describe a file instead: weights, or a network of another tool (ONNX, TorchScript)")
  .option("--json", "print JSON")
  .option("--weights <file>", "the same of a weight file: safetensors, .pth, .bin, an index of shards, or a folder with one")
  .option("--all", "with a file: every key, tensor and submodule")
  .action(async (given: string | undefined, { json, weights, all }: { json?: boolean; weights?: string; all?: boolean }) => {
    const file = given ?? weights;
    if (file !== undefined) return console.log(await showFile(file, { json, all }));
    const [{ engineInfo }, { packageVersion }] = await Promise.all([import("../torch/index.js"), import("../train/manifest.js")]);
    const engine = engineInfo();
    const versions = { "vit-distill": packageVersion(), node: process.versions.node };
    if (json) return console.log(JSON.stringify({ ...versions, ...engine }, null, 2));
    console.log(
      list([
        ...Object.entries(versions),
        ["libtorch", engine.libtorch],
        ["devices", engine.devices.join(" ")],
        ["processor", engine.processor],
        ["instruction set", engine.isa],
        ...librariesOf(engine),
        ["threads", engine.threads],
        ["BLAS", engine.blas ?? "cannot be told here"],
        ["BLAS threads", engine.blasThreads],
        [
          "bfloat16",
          engine.bfloat16
            ? "multiplied by the processor's own instructions: precision auto takes it"
            : "no instructions for it: precision auto takes float32",
        ],
        ...engine.reasons.map((reason): [string, string] => ["because", reason]),
      ]),
    );
  });

/** What each of libtorch's libraries was seen to take. A BLAS that is not there is not told. */
function librariesOf({ libraries: { aten, oneDnn, openBlas, mkl } }: EngineInfo): [string, string][] {
  const always: [string, string | null][] = [
    ["  libtorch took", aten],
    ["  oneDNN took", oneDnn],
  ];
  const blas = [
    ["  OpenBLAS took", openBlas],
    ["  MKL took", mkl],
  ].filter(([, took]) => took !== null) as [string, string][];
  return [...always.map(([name, took]): [string, string] => [name, took ?? "unknown"]), ...blas];
}

async function showFile(file: string, options: { json?: boolean; all?: boolean }): Promise<string> {
  const { formatOf } = await import("../models/index.js");
  const format = formatOf(file);
  return format === null ? showWeights(file, options) : showForeign(file, format, options);
}
