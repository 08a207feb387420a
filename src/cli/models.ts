/** `vit-distill models`: every model by name, with its size and what it wants to see. */
import { Command } from "commander";
import { giga, list, million, table } from "./table.js";

export const models = new Command("models")
  .description("list the models, those whose name contains a text, or show one")
  .argument("[filter]", "a model's name, to see everything about it, or a part of several")
  .option("--json", "print JSON")
  .action(async (filter: string | undefined, { json }: { json?: boolean }) => {
    const { listModels, modelCosts, modelInfo } = await import("../models/index.js");
    const named = (name: string): Row => ({ ...modelInfo(name), ...modelCosts(name) });
    const found = listModels().filter((name) => name.includes(filter ?? ""));
    const isOne = filter !== undefined && (found.includes(filter) || found.length === 0); // an unknown name says so itself
    if (isOne) return console.log(json ? JSON.stringify(named(filter), null, 2) : details(named(filter)));
    const rows = found.map(named);
    console.log(json ? JSON.stringify(rows, null, 2) : overview(rows));
  });

type Row = import("../models/index.js").ModelInfo & Partial<import("../models/index.js").ModelCosts>;

function overview(rows: readonly Row[]): string {
  return table(
    ["model", "family", "parameters", "MACs", "width", "depth", "grid", "prefix", "input"],
    rows.map(({ name, family, parameters, macs, embedDim, depth, grid, prefixTokens, input }) => [
      name,
      family,
      parameters === undefined ? "–" : million(parameters),
      macs === undefined ? "–" : giga(macs),
      embedDim,
      depth,
      grid.join("×"),
      prefixTokens,
      `${input.channels}×${input.size}×${input.size}`,
    ]),
  );
}

function details(row: Row): string {
  const { input, grid, taps, layers, ...facts } = row;
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
function byShape(taps: Row["taps"]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, { grid, width }] of Object.entries(taps)) (found[[...grid, width].join("×")] ??= []).push(name);
  return found;
}
