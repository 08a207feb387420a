/** What TypeScript knows inside a method, and what it refuses: `tsc -p tsconfig.check.json` checks this file. */

import {
  defineMethod,
  Linear,
  type LossInput,
  type Method,
  mse,
  type Output,
  type Players,
  Sequential,
  type TapNames,
  type Tensor,
  type Terms,
} from "vit-distill";
import { expectTypeOf, test } from "vitest";
import { compiled } from "./compiled.js";

const taps: TapNames = { student: ["blocks.0"], teacher: ["blocks.0"] };

test("players, outputs and targets come without annotations", () => {
  defineMethod({
    name: "facts",
    taps: (players) => {
      expectTypeOf(players).toEqualTypeOf<Players>();
      expectTypeOf(players.student.depth).toEqualTypeOf<number>();
      return { student: [`blocks.${players.student.depth - 1}`], teacher: [] };
    },
    check: (players) => expectTypeOf(players).toEqualTypeOf<Players>(),
    loss: (input) => {
      expectTypeOf(input).toEqualTypeOf<LossInput>();
      expectTypeOf(input.student).toEqualTypeOf<Output>();
      expectTypeOf(input.teachers).toEqualTypeOf<readonly Output[]>();
      expectTypeOf(input.targets).toEqualTypeOf<Tensor>();
      return {};
    },
  });
});

test("what extras makes is what loss is given, and what the method says it is", () => {
  const projected = defineMethod({
    name: "projected",
    taps,
    extras: ({ student, teacher }) => new Linear(student.embedDim, teacher.embedDim),
    loss: ({ student, teacher }, projection) => {
      expectTypeOf(projection).toEqualTypeOf<Linear>();
      return { hint: mse(student.taps[0].pipe(projection), teacher.taps[0]) };
    },
  });
  expectTypeOf(projected).toEqualTypeOf<Method<Linear>>();
  expectTypeOf(projected.extras).returns.toEqualTypeOf<Linear>();

  const several = defineMethod({
    name: "several",
    extras: () => new Sequential(new Linear(1, 2)),
    loss: (_, { layers }) => {
      expectTypeOf(layers[0].forward).returns.toEqualTypeOf<Tensor>();
      return {};
    },
  });
  expectTypeOf(several.loss).parameter(1).toHaveProperty("layers");
});

test("a method without extras is given null", () => {
  const plain = defineMethod({
    name: "plain",
    loss: (_, extras) => {
      expectTypeOf(extras).toEqualTypeOf<null>();
      return {};
    },
  });
  expectTypeOf(plain).toEqualTypeOf<Method<null>>();
  expectTypeOf(plain.loss).returns.toEqualTypeOf<Terms>();
});

test("any method is a Method, whatever its extras", () => {
  expectTypeOf<Method<Linear>>().toExtend<Method>();
  expectTypeOf<Method<null>>().toExtend<Method>();
});

test("wrong methods do not compile", () =>
  compiled(() => {
    // @ts-expect-error: a method has a name
    defineMethod({ loss: () => ({}) });
    // @ts-expect-error: and a loss
    defineMethod({ name: "no loss" });
    // @ts-expect-error: terms are tensors
    defineMethod({ name: "number", loss: ({ student }) => ({ task: student.logits.sum().item() }) });
    // @ts-expect-error: taps name both sides
    defineMethod({ name: "one side", taps: { student: ["blocks.0"] }, loss: () => ({}) });
    // @ts-expect-error: taps are names, not numbers
    defineMethod({ name: "numbers", taps: () => ({ student: [0], teacher: [0] }), loss: () => ({}) });
    // @ts-expect-error: extras are a module
    defineMethod({ name: "not a module", extras: () => ({ weight: 1 }), loss: () => ({}) });
    // @ts-expect-error: no such option
    defineMethod({ name: "misspelt", relationl: ["a"], loss: () => ({}) });
    // @ts-expect-error: without extras there is no projection
    defineMethod({ name: "nothing", loss: ({ student }, projection) => ({ hint: student.logits.pipe(projection) }) });
    // @ts-expect-error: not even where loss says that there is
    defineMethod({ name: "claimed", loss: ({ student }, projection: Linear) => ({ hint: student.logits.pipe(projection) }) });
    // @ts-expect-error: a range is two numbers
    defineMethod({ name: "one number", teachers: 2, loss: () => ({}) });
    // @ts-expect-error: outputs have logits, no logit
    defineMethod({ name: "logit", loss: ({ student }) => ({ task: student.logit.sum() }) });
  }));
