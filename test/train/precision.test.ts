/** `auto` is decided by figures, once, and drawn from nothing random. Which way it goes is the machine's affair. */

import { expect, test } from "vitest";
import { Generator, hasBfloat16, manualSeed, memory, tidy } from "../../src/torch/index.js";
import { choosePrecision, Session } from "../../src/train/index.js";
import { toyRecipe } from "./toys.js";

test("what the recipe says is not measured", () => {
  expect(choosePrecision("float32", "cpu")).toEqual({ precision: "float32", why: "as the recipe says" });
  expect(choosePrecision("bfloat16", "cpu").measured).toBeUndefined();
});

test("auto goes by figures that it tells, once in a process", () => {
  const choice = choosePrecision("auto", "cpu");
  if (!hasBfloat16()) return void expect(choice.precision).toBe("float32");
  const { float32, bfloat16 } = choice.measured!;
  expect(choice.precision).toBe(float32 / bfloat16 >= 1.1 ? "bfloat16" : "float32");
  expect(choice.why).toContain(`in a linear layer: ${bfloat16.toFixed(2)} ms against ${float32.toFixed(2)} ms`);
  expect(choosePrecision("auto", "cpu")).toEqual(choice);
});

test("measuring draws no random numbers and leaves no tensor", () => {
  const before = memory().tensors;
  tidy(() => {
    manualSeed(3);
    const drawn = Generator.default().state();
    choosePrecision("auto", "cpu");
    expect(Generator.default().state().data()).toEqual(drawn.data());
  });
  expect(memory().tensors).toBe(before);
});

test("a session says what was measured, unless the run has decided before", () => {
  const recipe = toyRecipe({ precision: "auto" });
  const open = (found?: Session["precisionChoice"]) => {
    using session = Session.open(recipe, { seed: 0, device: "cpu", precision: found });
    return { chosen: session.precisionChoice, notes: session.notes };
  };
  const { chosen, notes } = open();
  expect(chosen).toEqual(choosePrecision("auto", "cpu"));
  expect(notes).toEqual(chosen.measured ? [`${chosen.precision}: ${chosen.why}.`] : []);
  const other = chosen.precision === "float32" ? "bfloat16" : "float32";
  expect(open({ precision: other, why: "measured", measured: { float32: 1, bfloat16: 1 } })).toEqual({
    chosen: { precision: other, why: "as when the run began" },
    notes: [],
  });
});
