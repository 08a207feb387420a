/** The method of docs/adding-a-method.md: its terms by hand, its gradient everywhere, its refusals. */

import { cait, everyLayer, Generator, type Model, manualSeed, noGrad, type Players, randn, tensor, tidy, vit } from "vit-distill";
import { expect, test } from "vitest";
import { hint } from "../../examples/hint.js";
import { onEachDevice } from "../support/devices.js";

const small = { imgSize: 8, inChannels: 1, numClasses: 3, patchSize: 4, heads: 2 };
const student = () => vit({ ...small, embedDim: 8, depth: 2 });
const teacher = (patchSize = 4) => cait({ ...small, patchSize, embedDim: 12, depth: 4 });

const playersOf = (s: Model, t: Model): Players => ({ student: s.info, teacher: t.info, teachers: [t.info] });

/** One call of the method, as the trainer makes it; `look` sees the terms and the extras. */
function called(options: Partial<Parameters<typeof hint>[0]>, look: (call: ReturnType<typeof once>) => void): void {
  manualSeed(1);
  using s = student();
  using t = teacher().eval();
  using generator = Generator.seeded(0);
  tidy(() => look(once(s, t, generator, options)));
}

function once(s: Model, t: Model, generator: Generator, options: Partial<Parameters<typeof hint>[0]>) {
  const method = hint({ layers: everyLayer(), ...options });
  const players = playersOf(s, t);
  method.check(players);
  const taps = method.taps(players);
  const extras = method.extras(players);
  const images = randn([4, 1, 8, 8]); // [B, C, S, S]
  const targets = tensor([0, 1, 2, 0], { dtype: "int64" });
  const lesson = noGrad(() => t.forward(images, { taps: taps.teacher }));
  const output = s.forward(images, { taps: taps.student });
  const terms = method.loss({ student: output, teacher: lesson, teachers: [lesson], targets, players, generator }, extras);
  return { s, t, taps, extras, output, lesson, terms };
}

onEachDevice(() => {
  test("the hint is the mean square of what the projection leaves, class token dropped", () =>
    called({ weight: 0.5 }, ({ taps, extras, output, lesson, terms }) => {
      expect(taps).toEqual({ student: ["blocks.0", "blocks.1"], teacher: ["blocks.1", "blocks.3"] });
      const gaps = output.taps.map((tap, i) =>
        tap.slice({ dim: 1, start: 1 }).pipe(extras.layers[i]).sub(lesson.taps[i]).square().mean().item(),
      );
      expect(Object.keys(terms)).toEqual(["task", "soft", "hint"]);
      expect(terms.hint.item()).toBeCloseTo((0.5 * (gaps[0] + gaps[1])) / 2, 6);
    }));

  test("the gradient reaches the student and the projections, and not the teacher", () =>
    called({}, ({ s, t, extras, terms }) => {
      Object.values(terms)
        .reduce((sum, term) => sum.add(term))
        .backward();
      const without = [...s.namedParameters(), ...extras.namedParameters()].filter(([, parameter]) => parameter.grad === null);
      expect(without.map(([key]) => key)).toEqual([]);
      expect(t.parameters().every((parameter) => parameter.grad === null)).toBe(true);
    }));
});

test("unequal grids are refused, or averaged where that is asked for", () => {
  using s = student();
  using t = teacher(2);
  const players = playersOf(s, t);
  expect(() => hint({ layers: everyLayer() }).check(players)).toThrowCode("ERR_PATCH_GRID", /vit.*2×2.*blocks\.0.*cait.*4×4/);
  hint({ layers: everyLayer(), unequalGrids: "pool" }).check(players);
});
