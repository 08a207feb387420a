/** `vit-distill models`: every model by name, with its size and what it wants to see. */
import { Command } from "commander";
import { list, table } from "./table.js";

export const models = new Command("models")
  .description("list the models, or show one")
  .argument("[name]", "a model's name, to see everything about it")
  .option("--json", "print JSON")
  .action(async (name: string | undefined, { json }: { json?: boolean }) => {
    const { listModels, modelInfo } = await import("../models/index.js");
    const infos = (name === undefined ? listModels() : [name]).map((each) => modelInfo(each));
    if (json) console.log(JSON.stringify(name === undefined ? infos : infos[0], null, 2));
    else console.log(name === undefined ? overview(infos) : details(infos[0]));
  });

type Info = import("../models/index.js").ModelInfo;

function overview(infos: readonly Info[]): string {
  return table(
    ["model", "family", "width", "depth", "grid", "prefix", "input"],
    infos.map(({ name, family, embedDim, depth, grid, prefixTokens, input }) => [
      name,
      family,
      embedDim,
      depth,
      grid.join("×"),
      prefixTokens,
      `${input.channels}×${input.size}×${input.size}`,
    ]),
  );
}

function details(info: Info): string {
  const { input, grid, taps, layers, ...facts } = info;
  return list([
    ...Object.entries(facts).map(([key, value]): [string, string] => [key, String(value)]),
    ["grid", grid.join("×")],
    ["layers", layers.join(" ")],
    ...Object.entries(byShape(taps)).map(([shape, names]): [string, string] => [`taps ${shape}`, names.join(" ")]),
    ...Object.entries(input).map(([key, value]): [string, string] => [
      `input ${key}`,
      Array.isArray(value) ? value.join(" ") : String(value),
    ]),
  ]);
}

/** The names of the taps under what they hold: patches down × across × channels. */
function byShape(taps: Info["taps"]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, { grid, width }] of Object.entries(taps)) (found[[...grid, width].join("×")] ??= []).push(name);
  return found;
}
