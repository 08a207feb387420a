/** `vit-distill info --weights FILE`: what a weight file holds and which of our models it is for. Nothing in it is run. */
import { statSync } from "node:fs";
import type { StoredTensor } from "../checkpoint/index.js";
import { type Cell, list, table } from "./table.js";

const SHOWN = 20;

export async function showWeights(
  path: string,
  { json = false, all = false }: { json?: boolean; all?: boolean },
): Promise<string> {
  const facts = await describeWeights(path);
  return json ? JSON.stringify(facts, null, 2) : page(facts, all ? facts.keys.length : SHOWN);
}

type Facts = Awaited<ReturnType<typeof describeWeights>>;

async function describeWeights(path: string) {
  const [{ hashFile, readWeights }, { recognise }] = await Promise.all([
    import("../checkpoint/index.js"),
    import("../models/index.js"),
  ]);
  const { tensors, files, ...found } = readWeights(path);
  const stored = [...tensors.values()];
  return {
    files: files.map((file) => ({ path: file, bytes: statSync(file).size, sha256: hashFile(file) })),
    ...found,
    ...recognise(new Map([...tensors].map(([key, { shape }]) => [key, shape]))),
    tensors: tensors.size,
    numbers: stored.reduce((sum, { shape }) => sum + count(shape), 0),
    dtypes: byDtype(stored),
    keys: [...tensors].map(([key, { dtype, shape }]) => ({ key, dtype, shape })),
  };
}

const count = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** 5717416 → 5,717,416 */
const whole = (n: number): string => n.toLocaleString("en-US");

/** Numbers by dtype. */
function byDtype(stored: readonly StoredTensor[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { dtype, shape } of stored) sums[dtype] = (sums[dtype] ?? 0) + count(shape);
  return sums;
}

function page(facts: Facts, shown: number): string {
  const { nesting, others, prefix, naming, models, family, classes, imageSize } = facts;
  const rows: [string, Cell | undefined][] = [
    ...facts.files.map(({ path, bytes }): [string, Cell] => ["file", `${path}, ${whole(bytes)} bytes`]),
    ...facts.files.map(({ sha256 }): [string, Cell] => ["SHA-256", sha256]),
    ["format", facts.format],
    ["taken from", nesting || undefined],
    ["not taken", others.join(" ") || undefined],
    ["prefix left out", prefix || undefined],
    ["names of", family || naming !== "timm" ? naming : undefined],
    ["likely model", models.join(" or ") || (family ? `a ${family} of another size than ours` : "none of ours")],
    ["classes", classes],
    ["image size", imageSize],
    ["tensors", facts.tensors],
    [
      "numbers",
      `${whole(facts.numbers)} (${Object.entries(facts.dtypes)
        .map(([dtype, n]) => `${dtype} ${whole(n)}`)
        .join(", ")})`,
    ],
    ...Object.entries(facts.metadata).map(([key, value]): [string, Cell] => [`says ${key}`, value]),
  ];
  const keys = table(
    ["key", "dtype", "shape"],
    facts.keys.slice(0, shown).map(({ key, dtype, shape }) => [key, dtype, `[${shape.join(", ")}]`]),
  );
  const rest = facts.keys.length > shown ? `… and ${facts.keys.length - shown} more; --all shows them` : undefined;
  const known = rows.filter((row): row is [string, Cell] => row[1] !== undefined);
  return [list(known), "", keys, ...(rest ? [rest] : [])].join("\n");
}
