/** `vit-distill info`: what this machine gives the engine, and why threads and BLAS are as they are. */
import { Command } from "commander";
import { list } from "./table.js";

export const info = new Command("info")
  .description("show versions, devices, threads and why they were chosen")
  .option("--json", "print JSON")
  .action(async ({ json }: { json?: boolean }) => {
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
