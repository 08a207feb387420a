/** `vit-distill info`: what this machine gives the engine, and why threads and BLAS are as they are. */
import { Command } from "commander";
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
        ["threads", engine.threads],
        ["BLAS", engine.blas ?? "cannot be told here"],
        ["BLAS threads", engine.blasThreads],
        [
          "bfloat16",
          engine.bfloat16
            ? "the processor multiplies it: precision auto takes it"
            : "not in this processor: precision auto takes float32",
        ],
        ...engine.reasons.map((reason): [string, string] => ["because", reason]),
      ]),
    );
  });

async function showFile(file: string, options: { json?: boolean; all?: boolean }): Promise<string> {
  const { formatOf } = await import("../models/index.js");
  const format = formatOf(file);
  return format === null ? showWeights(file, options) : showForeign(file, format, options);
}
