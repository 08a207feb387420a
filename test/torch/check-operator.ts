/** One operator, one sample: called as a user would, its values against golden numbers, its gradient against differences. */

import { expect } from "vitest";
import { addon, kinds, type SchemaArgument } from "../../src/torch/addon.js";
import { qualified } from "../../src/torch/dispatch.js";
import { defaultDevice } from "../../src/torch/factories.js";
import { grad, listen, Tensor, tensor } from "../../src/torch/index.js";
import * as operators from "../../src/torch/ops.generated.js";
import type { Args, TensorSpec, Value } from "./samples.js";

/** PyTorch's results for one sample; `gradients` of the weighted sum of the outputs, null where PyTorch has none. */
export interface Golden {
  outputs: { dtype: string; shape: number[]; data: number[] }[];
  gradients: number[][] | null;
}

type Built = Tensor | Built[] | Exclude<Value, TensorSpec | Value[]>;
type Results = Tensor | boolean | undefined | (Tensor | Tensor[])[];

const camel = (name: string): string => name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const isSpec = (value: unknown): value is TensorSpec => typeof value === "object" && value !== null && "leaf" in value;

/** The leaves among the arguments, in order: what a gradient is taken for. */
export function leavesOf(value: Value | Args): TensorSpec[] {
  if (typeof value !== "object" || value === null) return [];
  if (isSpec(value)) return value.leaf ? [value] : [];
  return Object.values(value).flatMap((item) => leavesOf(item as Value));
}

/** A tensor of the sample. Bytes carry booleans, so that the sample can be data for Python too. */
export function tensorOf({ data, shape, dtype }: TensorSpec, values: readonly number[] = data): Tensor {
  const held = dtype === "float64" ? Float64Array.from(values) : Int32Array.from(values);
  return tensor(held, { shape, dtype });
}

/** The arguments with tensors for their specs; `leaf` makes those that a gradient is taken for. */
function build(value: Value, leaf: () => Tensor): Built {
  if (Array.isArray(value)) return value.map((item) => build(item as Value, leaf));
  if (!isSpec(value)) return value as Built;
  return value.leaf ? leaf() : tensorOf(value);
}

const isTensor = (argument: SchemaArgument): boolean => kinds[argument.kind] === "Tensor";

/** A factory, which is told the device; other operators work where their tensors are. */
const makesTensors = (list: readonly SchemaArgument[]): boolean =>
  list.some(({ name }) => name === "device") && !list.some(isTensor);

/** Arguments that a later libtorch gave a default; our functions are generated from the oldest one's schemas. */
const onceRequired = new Set(["var.correction dim"]);

/** Calls an operator by the rule: no default → positional; default or keyword-only → options; `self` → a method. */
export function callByRule(line: string, args: Record<string, unknown>): Results {
  const [base, overload = ""] = line.split(".");
  const name = camel(base.slice(base.lastIndexOf(":") + 1));
  const schema = addon.schema(qualified(base), overload)!;
  if (makesTensors(schema.arguments)) args = { device: defaultDevice(), ...args };
  const asked = schema.arguments.filter((argument) => argument.name in args);
  const isRequired = ({ hasDefault, keywordOnly }: SchemaArgument) => !hasDefault && !keywordOnly;
  const options = asked.filter((argument) => !isRequired(argument) && !onceRequired.has(`${line} ${argument.name}`));
  const positional = asked.filter((argument) => !options.includes(argument)).map((argument) => args[argument.name]);
  const last = options.length > 0 ? [Object.fromEntries(options.map((o) => [camel(o.name), args[o.name]]))] : [];
  const first = schema.arguments[0];
  if (first.name !== "self" || !isTensor(first)) return functionNamed(operators, name)(...positional, ...last);
  const [self, ...rest] = positional as [Tensor, ...unknown[]];
  return functionNamed(self, name).call(self, ...rest, ...last);
}

const functionNamed = (holder: object, name: string) => (holder as Record<string, (...args: unknown[]) => Results>)[name];

/** Results as a list of tensors; an operator that works in place gives what it worked on. */
function outputsOf(result: Results, written: unknown): (Tensor | boolean)[] {
  if (result === undefined) return written as Tensor[];
  return Array.isArray(result) ? result.flat() : [result];
}

const isInPlace = (line: string): boolean => line.split(".")[0].endsWith("_");
const copied = (value: unknown): unknown => (Array.isArray(value) ? value.map(copied) : (value as Tensor).clone());

/** Runs the operator on leaves with these values, and checks that exactly this overload ran. */
export function run(line: string, args: Args, leaves: readonly Tensor[]): (Tensor | boolean)[] {
  let next = 0;
  const built = Object.entries(args).map(([name, value]) => [name, build(value, () => leaves[next++])]);
  const call: Record<string, unknown> = Object.fromEntries(built);
  if (isInPlace(line)) call.self = copied(call.self); // a leaf may not be written to
  const ran: string[] = [];
  const stop = listen(({ operator }) => ran.push(operator));
  try {
    const result = callByRule(line, call);
    if (isInPlace(line) && result !== undefined) expect(result, "in-place operators return their tensor").toBe(call.self);
    expect(ran).toEqual([qualified(line)]);
    return outputsOf(result, call.self);
  } finally {
    stop();
  }
}

export const numbersOf = (output: Tensor | boolean): number[] =>
  typeof output === "boolean" ? [Number(output)] : Array.from(output.data() as ArrayLike<number | bigint>, Number);

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(
    0,
    ...actual.map((value, i) => (Object.is(value, expected[i]) ? 0 : Math.abs(value - expected[i]) / scale)),
  );
  expect(worst, `${what}: largest error; got ${actual}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
}

export function expectValues(outputs: readonly (Tensor | boolean)[], golden: Golden): void {
  expect(outputs.length).toBe(golden.outputs.length);
  for (const [i, output] of outputs.entries()) {
    const { dtype, shape, data } = golden.outputs[i];
    if (output instanceof Tensor) expect({ dtype: output.dtype, shape: output.shape }).toEqual({ dtype, shape });
    expectClose(numbersOf(output), data, dtype === "float64" ? 1e-12 : 1e-6, `output ${i}`);
  }
}

/** The weights of the sum that a gradient is taken of: cos(1 + 0.7 i), row-major, over all floating outputs. */
function weightedSum(outputs: readonly (Tensor | boolean)[]): Tensor {
  const terms = outputs.filter((output): output is Tensor => output instanceof Tensor && output.dtype === "float64");
  return terms
    .map((output) => {
      const weights = Float64Array.from({ length: output.numel }, (_, i) => Math.cos(1 + 0.7 * i));
      return output.mul(tensor(weights, { shape: output.shape, device: output.device })).sum();
    })
    .reduce((sum, term) => sum.add(term));
}

const step = 1e-5;

/** Central differences of the weighted sum, for every element of every leaf. */
function differences(line: string, args: Args, specs: readonly TensorSpec[]): number[][] {
  const at = (leaf: number, element: number, shift: number): number => {
    const leaves = specs.map((spec, i) =>
      tensorOf(spec, i === leaf ? spec.data.map((v, j) => (j === element ? v + shift : v)) : spec.data),
    );
    return weightedSum(run(line, args, leaves)).item();
  };
  return specs.map((spec, i) => spec.data.map((_, j) => (at(i, j, step) - at(i, j, -step)) / (2 * step)));
}

/** Autograd's gradient is PyTorch's, and what moving each element by a little does to the outputs. */
export function expectGradient(line: string, args: Args, golden: Golden): void {
  const specs = leavesOf(args);
  const leaves = specs.map((spec) => tensorOf(spec).requiresGrad_());
  const outputs = run(line, args, leaves);
  const recorded = outputs.some((output) => output instanceof Tensor && output.requiresGrad);
  expect(recorded, "an output has a gradient where PyTorch's has").toBe(golden.gradients !== null);
  if (golden.gradients === null) return;
  const gradients = grad([weightedSum(outputs)], leaves, { allowUnused: true });
  const flat = gradients.map((gradient, i) => (gradient ? numbersOf(gradient) : specs[i].data.map(() => 0)));
  const moved = differences(line, args, specs);
  for (const i of specs.keys()) {
    expectClose(flat[i], golden.gradients[i], 1e-11, `gradient ${i} against PyTorch's`);
    expectClose(flat[i], moved[i], 1e-6, `gradient ${i} against central differences`);
  }
}
