/** `vit-distill info`: what this machine gives the engine, and why threads and BLAS are as they are. */
import { Command } from "commander";
import { list } from "./table.js";
import { showWeights } from "./weights-info.js";

export const info = new Command("info")
  .description("show versions, devices, threads and why they were chosen, or what a weight file holds")
  .option("--json", "print JSON")
  .option("--weights <file>", "describe a weight file instead: safetensors, .pth, .bin, an index of shards, or a folder with one")
  .option("--all", "with --weights: every key")
  .action(async ({ json, weights, all }: { json?: boolean; weights?: string; all?: boolean }) => {
    if (weights !== undefined) return console.log(await showWeights(weights, { json, all }));
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
