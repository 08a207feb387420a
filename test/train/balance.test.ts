/** The terms' pull at the student: exact, told with the weight that would mend it, and without a trace in the training. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { coAdvise, defineMethod, type LossInput, manifold, none, soft } from "../../src/methods/index.js";
import { convNet } from "../../src/models/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { memory, tidy } from "../../src/torch/index.js";
import { type BalanceEvent, measureBalance, openRunFolder, type Recipe, Session, train } from "../../src/train/index.js";
import { pupil, size, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-balance-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let runs = 0;

/** Runs without evaluations, which change nothing here. */
async function run({ data: { val, ...data }, ...others }: Recipe) {
  const recipe = { ...others, data };
  const dir = join(scratch, `run-${runs++}`);
  const looks: BalanceEvent[] = [];
  for await (const event of train(recipe, { dir, doctor: false })) if (event.kind === "balance") looks.push(event);
  const rows = openRunFolder(dir).readMetrics();
  return { looks, rows, student: readFileSync(openRunFolder(dir).student), log: readFileSync(join(dir, "train.log"), "utf8") };
}

/** What is measured on a first batch. */
async function measured(change: Partial<Recipe>) {
  using session = Session.open(toyRecipe({ student: () => pupil(), ...change }), { seed: 2, device: "cpu" });
  const { value: batch } = await session.loader.epoch(0).next();
  const live = memory().tensors;
  const balance = measureBalance(session, batch!);
  expect(memory().tensors).toBe(live);
  const weights = tidy(() => session.student.parameters().map((parameter) => parameter.grad));
  expect(weights.every((gradient) => gradient === null)).toBe(true);
  return { balance: balance!, gradNorm: tidy(() => session.step(batch!, 1e-3).gradNorm) };
}

const task = ({ student, targets }: LossInput) => crossEntropy(student.heads.class, targets);
const weighed = (name: string, factor: number, options: object = {}) =>
  defineMethod({
    name: "weighed",
    ...options,
    loss: (input) => ({ task: task(input), [name]: task(input).mul(factor) }),
  });

describe("norms, shares and cosines", () => {
  test("of the same loss twice, once turned and tripled", async () => {
    const { balance, gradNorm } = await measured({ method: weighed("odd", -3) });
    const { reference, norms, shares, cosines } = balance;
    expect(reference).toBe("task");
    expect(norms.odd).toBeCloseTo(3 * norms.task, 4);
    expect(shares.task).toBeCloseTo(0.25, 5);
    expect(shares.odd).toBeCloseTo(0.75, 5);
    expect(cosines.task).toBe(1);
    expect(cosines.odd).toBeCloseTo(-1, 4);
    expect(gradNorm).toBeCloseTo(2 * norms.task, 4);
  });

  test("without a task the first term is the one to compare with", async () => {
    const { balance } = await measured({ method: manifold({ layers: [[0, 0], [1, 1]], samples: 16, alpha: 1 }) }); // biome-ignore format: two pairs
    expect(balance.reference).toBe("soft");
    expect(Object.keys(balance.cosines)).toEqual(["soft", "intra", "inter", "random"]);
    expect(Object.values(balance.shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  test("one term has nothing to be compared with, and one that is not finite neither", async () => {
    expect((await measured({ method: none(), teachers: [] })).balance).toBeNull();
    const broken = defineMethod({
      name: "broken",
      loss: (input) => ({ task: task(input), odd: input.student.logits.sub(9).log().mean() }),
    });
    expect((await measured({ method: broken })).balance).toBeNull();
  });
});

describe("a run with and without looks is the same, bit for bit", () => {
  const variants: [string, Partial<Recipe>][] = [
    ["dropout, drop-path, a method that draws", {}],
    ["batch norm, an average", { student: () => convNet({ ...size, widths: [4, 8], blocks: 1 }), method: soft(), ema: 0.9 }],
    ["parts", { accumulate: 3, method: soft() }],
    ["gathered parts", { accumulate: { steps: 3, gather: true } }],
    ["bfloat16", { precision: "bfloat16" }],
  ];
  test.each(variants)("%s", async (_, change) => {
    const [with1, without] = [
      await run(toyRecipe({ epochs: 1, ...change, balanceEvery: 1 })),
      await run(toyRecipe({ epochs: 1, ...change, balanceEvery: 0 })),
    ];
    expect(with1.looks).toHaveLength(5);
    expect(with1.rows.filter(({ kind }) => kind === "balance")).toEqual(with1.looks.map(({ row }) => row));
    expect(without.looks).toHaveLength(0);
    expect(with1.student.equals(without.student)).toBe(true);
    const terms = (rows: typeof with1.rows) => rows.flatMap((row) => (row.kind === "train" ? [row.terms, row.gradNorm] : []));
    expect(terms(with1.rows)).toEqual(terms(without.rows));
  });
});

describe("a term that does nearly nothing, or nearly all, is told once with the weight that would mend it", () => {
  const warnings = async (change: Partial<Recipe>) => {
    const { looks, log } = await run(toyRecipe({ epochs: 1, student: () => pupil(), balanceEvery: 2, ...change }));
    expect(looks.map(({ row }) => row.step)).toEqual([2, 4]);
    const told = looks.flatMap(({ warnings }) => warnings);
    for (const warning of told) expect(log).toContain(warning);
    return told;
  };

  test("nothing: by its option's name, which then balances it", async () => {
    const option = (weight: number) => ({ weighedBy: { odd: { option: "weights.odd", weight } } });
    expect(await warnings({ method: weighed("odd", 1e-4, option(2)) })).toEqual([
      expect.stringMatching(/\b2\b.*\bodd\b.* 0\.0100 % .*weights\.odd: 20000\b.*\b2\b/),
    ]);
    expect(await warnings({ method: weighed("odd", 1, option(20_000)) })).toEqual([]);
  });

  test("all, of two that share 1", async () => {
    const advised = { weighedBy: { odd: { option: "alpha", weight: 0.9, share: "own" as const } } };
    expect(await warnings({ method: weighed("odd", 300, advised) })).toEqual([
      // 300 = 0.9 a, 1 = 0.1 b, so that α a = (1 − α) b where α = b / (a + b) = 10 / 343.3
      expect.stringMatching(/\b2\b.*\bodd\b.* 99\.7 % .*alpha: 0\.0291 .*\b0\.9\b/),
    ]);
  });

  test("without an option, by a factor", async () => {
    expect(await warnings({ method: weighed("odd", 1e-4) })).toEqual([expect.stringMatching(/\bodd\b.*\b10000\b/)]);
  });
});

test("every term of ours that an option weighs says which", () => {
  const options = (method: { weighedBy: Record<string, { option: string; weight: number }> }) =>
    Object.entries(method.weighedBy).map(([term, { option, weight }]) => [term, option, weight]);
  expect(options(soft({ alpha: 0.25 }))).toEqual([["task", "alpha", 0.75], ["soft", "alpha", 0.25]]); // biome-ignore format: pairs
  expect(options(manifold({ alpha: 1 })).slice(0, 2)).toEqual([["intra", "weights.intra", 4], ["inter", "weights.inter", 0.1]]); // biome-ignore format: pairs
  expect(options(coAdvise({ taskWeight: 2 }))).toContainEqual(["inv", "teachers[1].weight", 1]);
});
