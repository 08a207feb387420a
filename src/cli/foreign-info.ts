/** `vit-distill info teacher.onnx`: what a network of another tool takes and gives, and what can be tapped in it. */
import type { FileFacts, ForeignFormat } from "../models/index.js";
import { type Cell, list, table } from "./table.js";

const SHOWN = 20;

export async function showForeign(
  file: string,
  format: ForeignFormat,
  { json = false, all = false }: { json?: boolean; all?: boolean },
): Promise<string> {
  const [{ fileFacts }, { hashFile }] = await Promise.all([import("../models/index.js"), import("../checkpoint/index.js")]);
  const facts = { ...fileFacts(file, format), sha256: hashFile(file) };
  return json ? JSON.stringify(facts, null, 2) : page(facts, all ? facts.inner.length : SHOWN);
}

const WORDS = {
  onnx: { format: "ONNX, run by ONNX Runtime", inner: "tensors inside" },
  torchscript: { format: "TorchScript, a program: run it only from those you trust", inner: "submodules" },
};

function page(facts: FileFacts & { sha256: string }, shown: number): string {
  const { file, format, sha256, parameterCount, schema, inputs, outputs, inner } = facts;
  const rows: [string, Cell][] = [
    ["file", file],
    ["SHA-256", sha256],
    ["format", WORDS[format].format],
    ["parameters", parameterCount.toLocaleString("en-US")],
    ...(schema === undefined ? [] : [["forward", schema] as [string, Cell]]),
    [WORDS[format].inner, inner.length],
  ];
  const slots = [...inputs.map((slot) => ["input", slot] as const), ...outputs.map((slot) => ["output", slot] as const)];
  const tables = [
    slots.length > 0 &&
      table(
        ["", "name", "dtype", "shape"],
        slots.map(([role, { name, dtype, shape }]) => [role, name, dtype ?? "?", `[${(shape ?? []).map((extent) => extent ?? "?").join(", ")}]`]), // biome-ignore format: one row
      ),
    inner.length > 0 && innerTable(inner.slice(0, shown)),
  ];
  const rest = inner.length > shown ? `… and ${inner.length - shown} more; --all shows them` : "";
  return [list(rows), ...tables.filter(Boolean).map((each) => `\n${each}`), rest].filter(Boolean).join("\n");
}

function innerTable(inner: FileFacts["inner"]): string {
  if (inner[0].operator === undefined) return table(["submodule"], inner.map(({ name }) => [name])); // biome-ignore format: one row
  return table(["tensor", "operator"], inner.map(({ name, operator }) => [name, operator ?? ""])); // biome-ignore format: one row
}
