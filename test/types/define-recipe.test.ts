/** What TypeScript knows inside a recipe, and what it refuses: `tsc -p tsconfig.check.json` checks this file. */

import {
  adamW,
  cosine,
  type Dataset,
  defineRecipe,
  none,
  type Recipe,
  type RecipeFactory,
  type RecipeOptions,
  soft,
  vit,
} from "vit-distill";
import { expectTypeOf, test } from "vitest";
import { compiled } from "./compiled.js";

declare const train: Dataset;

const whole = (): Recipe => ({
  student: () => vit(),
  method: none(),
  data: { train, batchSize: 64 },
  epochs: 1,
  optimizer: adamW({ lr: 1e-3 }),
});

test("a recipe is a function of the options, or an object, and a file exports the function", () => {
  expectTypeOf(defineRecipe).returns.toEqualTypeOf<RecipeFactory>();
  expectTypeOf(defineRecipe).parameter(0).toEqualTypeOf<Recipe | RecipeFactory>();
  expectTypeOf<RecipeFactory>().toEqualTypeOf<(options: RecipeOptions) => Recipe>();
});

test("smoke and seed come without annotations", () =>
  compiled(() =>
    defineRecipe((options) => {
      expectTypeOf(options).toEqualTypeOf<RecipeOptions>();
      expectTypeOf(options.smoke).toEqualTypeOf<boolean>();
      expectTypeOf(options.seed).toEqualTypeOf<number>();
      return { ...whole(), steps: options.smoke ? 4 : 100 };
    }),
  ));

test("a variant spreads another recipe", () =>
  compiled(() => {
    const base = defineRecipe(whole);
    defineRecipe((options) => ({
      ...base(options),
      method: soft({ alpha: 0.5 }),
      schedule: cosine({ warmupEpochs: 5 }),
      keep: { last: 3 },
    }));
  }));

test("wrong recipes do not compile", () =>
  compiled(() => {
    // @ts-expect-error: a recipe has a student, a method, data and an optimizer
    defineRecipe({ epochs: 1 });
    // @ts-expect-error: the student is made when it is needed
    defineRecipe(() => ({ ...whole(), student: vit() }));
    // @ts-expect-error: and so is each teacher
    defineRecipe(() => ({ ...whole(), teachers: [vit()] }));
    // @ts-expect-error: teachers are a list
    defineRecipe(() => ({ ...whole(), teachers: () => vit() }));
    // @ts-expect-error: the method is made by its function
    defineRecipe(() => ({ ...whole(), method: soft }));
    // @ts-expect-error: the method is no name
    defineRecipe(() => ({ ...whole(), method: "soft" }));
    // @ts-expect-error: data has a batch size
    defineRecipe(() => ({ ...whole(), data: { train } }));
    // @ts-expect-error: a number of pictures
    defineRecipe(() => ({ ...whole(), data: { train, batchSize: "64" } }));
    // @ts-expect-error: a precision that is known
    defineRecipe(() => ({ ...whole(), precision: "float8" }));
    // @ts-expect-error: no such field
    defineRecipe({ ...whole(), epoch: 1 });
    // @ts-expect-error: a recipe is there at once
    defineRecipe(async () => whole());
    // @ts-expect-error: no such option
    defineRecipe(({ quick }) => ({ ...whole(), steps: quick ? 1 : 2 }));
  }));
