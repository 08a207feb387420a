/** The types of the generated operators: options, results, and what they refuse. `tsc -p tsconfig.check.json` checks this file. */

import type { Tensor } from "vit-distill/torch";
import * as torch from "vit-distill/torch";
import { expectTypeOf, test } from "vitest";
import { compiled } from "./compiled.js";

declare const x: Tensor;

type Method<Name extends keyof Tensor> = Tensor[Name];

test("an operator of one result gives a tensor, one of two a pair, one of many a list", () =>
  compiled(() => {
    expectTypeOf(x.exp()).toEqualTypeOf<Tensor>();
    expectTypeOf(x.topk(5)).toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(x.sort({ descending: true })).toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(x.split(2, { dim: 1 })).toEqualTypeOf<Tensor[]>();
    expectTypeOf(torch.cat([x, x], { dim: 1 })).toEqualTypeOf<Tensor>();
  }));

test("overloads: what is given decides what comes back", () =>
  compiled(() => {
    expectTypeOf(x.max()).toEqualTypeOf<Tensor>();
    expectTypeOf(x.max(1, { keepdim: true })).toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(x.sum()).toEqualTypeOf<Tensor>();
    expectTypeOf(x.sum([0, 1], { keepdim: true })).toEqualTypeOf<Tensor>();
    expectTypeOf(x.add(1)).toEqualTypeOf<Tensor>();
    expectTypeOf(x.add(x, { alpha: 2 })).toEqualTypeOf<Tensor>();
  }));

test("an operator that works in place gives the tensor itself, a Parameter a Parameter", () =>
  compiled(() => {
    expectTypeOf(x.add_(1)).toEqualTypeOf<Tensor>();
    expectTypeOf<torch.Parameter["mul_"]>().returns.toEqualTypeOf<torch.Parameter>();
    expectTypeOf<torch.Parameter["mul"]>().returns.toEqualTypeOf<Tensor>();
  }));

test("what has a default is an option, by its name in camel case", () => {
  expectTypeOf<Method<"topk">>().parameters.toEqualTypeOf<
    [k: number, options?: { dim?: number; largest?: boolean; sorted?: boolean }]
  >();
  expectTypeOf(torch.layerNorm).parameters.toEqualTypeOf<
    [input: Tensor, normalizedShape: readonly number[], options?: { weight?: Tensor | null; bias?: Tensor | null; eps?: number }]
  >();
  type ConvOptions = NonNullable<Parameters<typeof torch.conv2d>[2]>;
  expectTypeOf<ConvOptions["stride"]>().toEqualTypeOf<number | readonly number[] | undefined>();
});

test("wrong calls do not compile", () =>
  compiled(() => {
    // @ts-expect-error: no such option
    x.topk(5, { dimension: 1 });
    // @ts-expect-error: what has a default goes by name
    x.topk(5, 1);
    // @ts-expect-error: what has none must be there
    x.topk();
    // @ts-expect-error: a list of tensors
    torch.cat(x);
    // @ts-expect-error: numbers and tensors, no text
    x.add("1");
    // @ts-expect-error: a tensor, not the numbers in it
    x.matmul([[1, 2]]);
    // @ts-expect-error: a dtype that is known
    x.to({ dtype: "float8" });
    // @ts-expect-error: an option that may be left out is not null for that
    x.sort({ dim: null });
    // @ts-expect-error: the rest is a pair, not a tensor
    x.max(1).exp();
    // @ts-expect-error: no such operator
    x.softMax({ dim: 1 });
  }));
