/**
 * Writes src/models/costs.generated.ts: the parameters and multiply-accumulates of every model of the table, so that listing them
 * makes none. Each is made once and looks at one picture; names that the file has are kept as they are.
 * `--all` counts every one anew, `NAME …` these.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { countMacs, createModel, listModels, modelCosts } from "../src/models/index.js";

const target = new URL("../src/models/costs.generated.ts", import.meta.url);
const anew = process.argv.slice(2);

function count(name: string) {
  using model = createModel(name);
  const row = { parameters: model.parameterCount(), macs: countMacs(model) };
  console.log(name, row.parameters, row.macs);
  return row;
}

const rows = listModels().map((name) => {
  const isKept = !anew.includes("--all") && !anew.includes(name);
  const { parameters, macs } = (isKept && modelCosts(name)) || count(name);
  return `  ${name}: { parameters: ${parameters}, macs: ${macs} },`;
});

const text = `/** Written by tools/costs.ts: do not edit. After adding a model: npm run costs */

export interface ModelCosts {
  parameters: number;
  /** Multiply-accumulates of one picture, as \`countMacs\` counts them. */
  macs: number;
}

export const costs: Readonly<Record<string, ModelCosts>> = {
${rows.join("\n")}
};
`;

if (readFileSync(target, "utf8") !== text) writeFileSync(target, text);
console.log(`${target.pathname}: ${rows.length} models`);
