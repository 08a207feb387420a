/**
 * Writes src/torch/ops.generated.ts: asks the linked libtorch for the schema of every operator in native/ops.txt.
 * No default in the schema → positional; default or keyword-only → one trailing options object; snake_case → camelCase;
 * overloads that differ only in Tensor and Scalar merge; a first argument called `self` makes a method.
 * `--check` writes nothing and fails when the committed file is not what would be written.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { addon, kinds, type Schema, type SchemaArgument } from "../src/torch/addon.js";
import { qualified } from "../src/torch/dispatch.js";

const target = new URL("../src/torch/ops.generated.ts", import.meta.url);

interface Overload {
  base: string;
  overload: string;
  constant: string;
  schema: Schema;
}

interface Parameter {
  name: string;
  kind: string;
  type: string;
}

/** Without the library's name before it. */
const plain = (name: string): string => name.slice(name.lastIndexOf(":") + 1);
const camel = (name: string): string =>
  plain(name).replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const types: Record<string, string> = {
  Tensor: "Tensor",
  TensorList: "readonly Tensor[]",
  MaybeTensorList: "readonly (Tensor | null)[]",
  Int: "number",
  IntList: "readonly number[]",
  Float: "number",
  FloatList: "readonly number[]",
  Bool: "boolean",
  BoolList: "readonly boolean[]",
  Scalar: "number",
  ScalarList: "readonly number[]",
  DType: "DType",
  Device: "Device",
  Layout: `"strided"`,
  MemoryFormat: "MemoryFormat",
  String: "string",
  Generator: "Generator",
};

// not worth an argument in JavaScript: one layout, and no pinned memory to choose
const hidden = new Set(["layout", "pin_memory", "cudnn_enable"]);
// without a default in the schema, and never anything else
const settled = new Map([["cudnn_enabled", "true"]]);

function readOperators(): Overload[] {
  const lines = readFileSync(new URL("../native/ops.txt", import.meta.url), "utf8").split("\n");
  const names = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`native/ops.txt names ${twice} twice.`);
  return names.map(readOperator);
}

function readOperator(line: string): Overload {
  const [base, overload = ""] = line.split(".");
  const schema = addon.schema(qualified(base), overload) ?? newer[line];
  if (!schema) {
    const known = addon.overloads(qualified(base)).map((name) => (name ? `${base}.${name}` : base));
    throw new Error(
      `libtorch has no operator ${line}${known.length > 0 ? `; it has ${known.join(", ")}` : ""} (native/ops.txt).`,
    );
  }
  return { base, overload, constant: line.replaceAll(/\W+/g, "_").toUpperCase(), schema };
}

const argument = (name: string, kind: (typeof kinds)[number], more: Partial<SchemaArgument> = {}): SchemaArgument => ({
  name,
  kind: kinds.indexOf(kind),
  optional: false,
  hasDefault: false,
  keywordOnly: false,
  fixedLength: 0,
  ...more,
});

/** Operators of later versions than the oldest that we build against; `hasOperator` tells whether they are there. */
const newer: Record<string, Schema> = {
  scaled_dot_product_attention: {
    text: "aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None) -> Tensor (libtorch 2.1 or newer)",
    arguments: [
      argument("query", "Tensor"),
      argument("key", "Tensor"),
      argument("value", "Tensor"),
      argument("attn_mask", "Tensor", { optional: true, hasDefault: true }),
      argument("dropout_p", "Float", { hasDefault: true }),
      argument("is_causal", "Bool", { hasDefault: true }),
      argument("scale", "Float", { optional: true, hasDefault: true, keywordOnly: true }),
    ],
    returns: [0],
    returnsSelf: false,
  },
};

const isOption = (a: SchemaArgument): boolean => a.hasDefault || a.keywordOnly;
const kindOf = (a: SchemaArgument): string => kinds[a.kind];

function typeOf(a: SchemaArgument): string {
  const base = types[kindOf(a)];
  const wide = kindOf(a) === "IntList" && a.fixedLength > 0 ? `number | ${base}` : base;
  return a.optional ? `${wide} | null` : wide;
}

const parameterOf = (a: SchemaArgument): Parameter => ({ name: camel(a.name), kind: kindOf(a), type: typeOf(a) });
const shown = (schema: Schema): SchemaArgument[] => schema.arguments.filter((a) => !hidden.has(a.name));
const isMethod = ({ schema }: Overload): boolean =>
  schema.arguments[0]?.name === "self" && kindOf(schema.arguments[0]) === "Tensor";
const positional = (o: Overload): Parameter[] =>
  shown(o.schema)
    .filter((a) => !isOption(a) && !settled.has(a.name))
    .slice(isMethod(o) ? 1 : 0)
    .map(parameterOf);
const options = (o: Overload): Parameter[] => shown(o.schema).filter(isOption).map(parameterOf);

/** How an argument is handed to the addon: tensors and generators by their numbers. */
function passed(name: string, a: SchemaArgument): string {
  const literal = settled.get(a.name);
  if (literal !== undefined) return literal;
  if (name === "this") return "this.handle";
  if (kindOf(a) === "Tensor") return `${name}?.handle`; // also where one is required: the addon's error names the operator
  if (kindOf(a) === "Generator") return `${name}?.stream`;
  if (kindOf(a) === "TensorList" || kindOf(a) === "MaybeTensorList") return `handlesOf(${name})`;
  return name;
}

// no numbers: where one passes a listener it is a tensor's handle
const results: Record<string, string> = { Tensor: "Tensor", TensorList: "Tensor[]", Bool: "boolean" };

function fail(message: string): never {
  throw new Error(`The engine takes ${message}`);
}

function returnType({ schema }: Overload, self: string): string {
  if (schema.returnsSelf) return self;
  const names = schema.returns.map((kind) => results[kinds[kind]] ?? fail(`no result of kind ${kinds[kind]}: ${schema.text}`));
  if (names.length === 0) return "void";
  return names.length === 1 ? names[0] : `[${names.join(", ")}]`;
}

function statement(o: Overload, self: string): string {
  const call = `invoke(${[o.constant, ...shown(o.schema).map((a) => passed(a.name === "self" && isMethod(o) ? "this" : camel(a.name), a))].join(", ")})`;
  if (o.schema.returnsSelf) return `${call};\n    return ${self};`;
  const kind = kinds[o.schema.returns[0]];
  if (o.schema.returns.length === 0) return `${call};`;
  if (o.schema.returns.length > 1) return `return wrapTuple(${call});`;
  if (kind === "Tensor") return `return wrap(${call});`;
  if (kind === "TensorList") return `return wrapAll(${call});`;
  return `return ${call} as ${returnType(o, self)};`;
}

const optionsType = (list: Parameter[], required: boolean): string =>
  `{ ${list.map((p) => `${p.name}?: ${p.type}`).join("; ")} }${required ? "" : " = {}"}`;

function signature(o: Overload): string {
  const parts = positional(o).map((p) => `${p.name}: ${p.type}`);
  const list = options(o);
  if (list.length > 0) parts.push(`options?: { ${list.map((p) => `${p.name}?: ${p.type}`).join("; ")} }`);
  return parts.join(", ");
}

const documentation = (group: Overload[]): string =>
  group.length === 1
    ? `/** ${group[0].schema.text} */`
    : `/**\n${group.map((o) => ` * ${o.schema.text}`).join("\n * or\n")}\n */`;

function single(o: Overload, prefix: string): string {
  const list = options(o);
  const parts = positional(o).map((p) => `${p.name}: ${p.type}`);
  if (list.length > 0) parts.push(`options: ${optionsType(list, false)}`);
  const self = isMethod(o) ? "this" : camel(shown(o.schema)[0]?.name ?? "");
  return `${documentation([o])}\n${prefix}${camel(o.base)}(${parts.join(", ")}): ${returnType(o, "this")} {\n    ${taken(o, "options")}${statement(o, self)}\n}`;
}

/** The options apart, once it is sure that they are the operator's. */
function taken(o: Overload, from: string): string {
  const names = options(o).map((p) => p.name);
  if (names.length === 0) return "";
  return `const { ${names.join(", ")} } = known("${plain(o.base)}", ${from}, ${JSON.stringify(names)});\n    `;
}

/** A test of the arguments at run time that tells one overload from those with more arguments, or of other types. */
function guard(o: Overload): string {
  const wanted = positional(o);
  if (wanted.length === 0) return options(o).length > 0 ? "isOptions(a0)" : "a0 === undefined";
  const tests = wanted.map((p, i) => {
    const value = `a${i}`;
    const nullable = p.type.endsWith("| null") ? ` || ${value} === null` : "";
    if (p.kind === "Tensor") return `${value} instanceof TensorOperators${nullable}`;
    if (p.kind.endsWith("List"))
      return `Array.isArray(${value})${p.type.startsWith("number |") ? ` || typeof ${value} === "number"` : ""}${nullable}`;
    if (p.kind === "Bool") return `typeof ${value} === "boolean"${nullable}`;
    return `typeof ${value} === "number"${nullable}`;
  });
  return tests.map((t) => (t.includes("||") && tests.length > 1 ? `(${t})` : t)).join(" && ");
}

function branch(o: Overload, last: boolean): string {
  const wanted = positional(o);
  const list = options(o);
  const lines: string[] = [];
  wanted.forEach((p, i) => {
    lines.push(`const ${p.name} = a${i} as ${p.type};`);
  });
  if (list.length > 0) {
    lines.push(taken(o, `(a${wanted.length} ?? {}) as ${optionsType(list, true)}`));
  }
  lines.push(statement(o, "this"));
  if (!last && o.schema.returns.length === 0) lines.push("return;");
  return last ? lines.join("\n") : `if (${guard(o)}) {\n${lines.join("\n")}\n}`;
}

function merged(group: Overload[], prefix: string): string {
  const name = camel(group[0].base);
  const order = [...group].sort((a, b) => positional(a).length - positional(b).length);
  const width = Math.max(...group.map((o) => positional(o).length + (options(o).length > 0 ? 1 : 0)));
  const loose = Array.from({ length: width }, (_, i) => `a${i}?: unknown`).join(", ");
  const signatures = mergeScalars(group).map((s) => `${prefix}${name}(${s.signature}): ${s.returns};`);
  const types = [...new Set(group.map((o) => returnType(o, "this")))].join(" | ");
  const body = order.map((o, i) => branch(o, i === order.length - 1)).join("\n");
  return `${documentation(group)}\n${signatures.join("\n")}\n${prefix}${name}(${loose}): ${types} {\n${body}\n}`;
}

/** Two overloads that differ only in Tensor and number show as one signature. */
function mergeScalars(group: Overload[]): { signature: string; returns: string }[] {
  const plain = group.map((o) => ({ signature: signature(o), returns: returnType(o, "this") }));
  if (plain.length === 2) {
    const [a, b] = plain;
    const either = (text: string) => text.replace(/\b(other|exponent): (Tensor|number)\b/, "$1: Tensor | number");
    if (either(a.signature) === either(b.signature)) return [{ signature: either(a.signature), returns: a.returns }];
  }
  return plain;
}

function emit(operators: Overload[]): string {
  const groups = new Map<string, Overload[]>();
  for (const o of operators) groups.set(o.base, [...(groups.get(o.base) ?? []), o]);
  const constants = operators.map((o) => {
    const names = shown(o.schema).map((a) => a.name);
    return `const ${o.constant} = resolve("${o.base}", "${o.overload}", ${JSON.stringify(names)});`;
  });
  const methods: string[] = [];
  const functions: string[] = [];
  for (const group of groups.values()) {
    const method = isMethod(group[0]);
    const text =
      group.length === 1 ? single(group[0], method ? "" : "export function ") : merged(group, method ? "" : "export function ");
    (method ? methods : functions).push(text);
  }
  return `${header}\n${constants.join("\n")}\n\n/** The operators whose first argument is a tensor, as methods. */\nexport abstract class TensorOperators {\n  abstract readonly handle: number;\n\n${methods.join("\n\n")}\n}\n\n${functions.join("\n\n")}\n`;
}

const header = `/** Written by tools/ops.ts from libtorch's own schemas: do not edit. Add operators to native/ops.txt, then: npm run ops */

import { handlesOf, invoke, isOptions, known, resolve, wrap, wrapAll, wrapTuple } from "./dispatch.js";
import type { Device, DType, MemoryFormat } from "./dtype.js";
import type { Generator } from "./random.js";
import type { Tensor } from "./tensor.js";
`;

const text = emit(readOperators());
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text)
    throw new Error("src/torch/ops.generated.ts is not what native/ops.txt says. Run: npm run ops");
} else {
  writeFileSync(target, text);
  console.log(`${target.pathname}: ${text.split("resolve(").length - 1} operators`);
}
