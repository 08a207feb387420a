/**
 * Multiply-accumulates, counted at the seam: every product of matrices and every convolution that passes, from the shapes it
 * passed with. Everything else counts nothing, as in the tables of papers. The backward pass runs inside libtorch and is not seen.
 */

import { addon } from "./addon.js";
import { listen, type OperatorEvent } from "./dispatch.js";

export interface MacCount<T> {
  result: T;
  macs: number;
  /** By operator, such as `aten::linear`. */
  byOperator: Record<string, number>;
}

/** Runs `fn` and counts the multiply-accumulates of the operators that it calls. */
export function tallyMacs<T>(fn: () => T): MacCount<T> {
  const byOperator: Record<string, number> = {};
  const stop = listen((event) => {
    const macs = macsOf(event);
    if (macs > 0) byOperator[event.operator] = (byOperator[event.operator] ?? 0) + macs;
  });
  try {
    const result = fn();
    return { result, macs: sum(Object.values(byOperator)), byOperator };
  } finally {
    stop();
  }
}

const macsOf = (event: OperatorEvent): number => formulas[event.operator.replace(/^\w+::|\..*$/g, "")]?.(event) ?? 0;

/** One number of the result costs as many multiply-accumulates as are summed for it. */
const formulas: Record<string, (event: OperatorEvent) => number> = {
  linear: (event) => made(event) * shape(event, "input").at(-1)!,
  matmul: (event) => made(event) * shape(event, "self").at(-1)!,
  mm: (event) => made(event) * shape(event, "self").at(-1)!,
  bmm: (event) => made(event) * shape(event, "self").at(-1)!,
  addmm: (event) => made(event) * shape(event, "mat1").at(-1)!,
  baddbmm: (event) => made(event) * shape(event, "batch1").at(-1)!,
  conv2d: (event) => made(event) * product(shape(event, "weight").slice(1)), // input channels of a group × kernel
  involution: (event) => made(event) * product(shape(event, "weight").slice(2, 4)), // the kernel, [B, G, K, K, h, w]
  // queries times keys and weights times values, and two exchanges between the H heads for every pair of tokens
  talking_heads(event) {
    const [batch, tokens] = shape(event, "qkv"); // [B, N, 3·H·E]
    return 2 * tokens * (made(event) + batch * tokens * product(shape(event, "before")));
  },
  self_attention: (event) => 2 * shape(event, "qkv")[1] * made(event), // queries times keys and weights times values
  // two Gram products, and the slope by the student's tokens
  gram_gap(event) {
    const [maps, rows, own] = shape(event, "student"); // [M, n, D]
    return maps * rows * rows * (2 * own + shape(event, "teacher").at(-1)!);
  },
  encoder_block(event) {
    const [batch, tokens, width] = shape(event, "x"); // [B, N, D]
    const heads = (argument(event, "exchange") as number[]).length > 0 ? (argument(event, "heads") as number) : 0;
    const weights = sum((argument(event, "weights") as number[]).map((weight) => product(addon.shape(weight))));
    return batch * tokens * (weights + 2 * tokens * (width + heads ** 2));
  },
  einsum: (event) => made(event) * contracted(event),
  scaled_dot_product_attention(event) {
    const [query, key] = [shape(event, "query"), shape(event, "key")]; // [..., M, d], [..., N, d]
    return (product(query) + made(event)) * key.at(-2)!;
  },
};

const product = (extents: readonly number[]): number => extents.reduce((all, extent) => all * extent, 1);
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const argument = ({ names, args }: OperatorEvent, name: string): unknown => args[names.indexOf(name)];
const shape = (event: OperatorEvent, name: string): number[] => addon.shape(argument(event, name) as number);
const made = ({ result }: OperatorEvent): number => product(addon.shape(result as number));

/** The extents of the letters that the result does not have; one operand alone is only summed. */
function contracted(event: OperatorEvent): number {
  const [inputs, output] = (argument(event, "equation") as string).replaceAll(" ", "").split("->");
  const operands = inputs.split(",");
  if (operands.length === 1) return 0;
  const extents = new Map<string, number>();
  for (const [i, letters] of operands.entries()) {
    const found = addon.shape((argument(event, "tensors") as number[])[i]);
    const named = letters.replace("...", "");
    // letters before the dots count from the left, those behind it from the right
    for (const [j, letter] of [...named].entries())
      extents.set(letter, found[j < letters.indexOf(".") || !letters.includes(".") ? j : found.length - named.length + j]);
  }
  const kept = output ?? [...extents.keys()].filter((letter) => inputs.split(letter).length === 2).join("");
  return product([...extents].filter(([letter]) => !kept.includes(letter)).map(([, extent]) => extent));
}
