import { join } from "node:path";
import { expect, test } from "vitest";
import { expectError } from "../support/command-errors.js";
import { folderWith, tinyRecipe, vitDistill } from "./command.js";

const root = join(import.meta.dirname, "../..");

const teacher = "teachers: [() => small({ embedDim: 32, patchSize: 4 })],";
const careless = `v.defineMethod({
  name: "careless",
  taps: { student: ["blocks.1"], teacher: ["blocks.1"] },
  loss: ({ student, teacher, targets }) => ({
    task: v.crossEntropy(student.logits, targets),
    hint: v.mse(student.taps[0].slice({ dim: 1, end: 1 }), teacher.taps[0]),
  }),
})`;

test("plan prints what the quick start would do and cost", async () => {
  const { out, code } = await vitDistill(["plan", "recipes/quickstart.ts", "--smoke"], root);
  expect(code).toBe(0);
  expect(out).toMatch(/^quickstart .*\bcpu\b.*\b(bfloat16|float32)$/m);
  expect(out).toMatch(/^student +fashion_deit +0\.31 M +5\.29 M +4×4 +1 +1×28×28, mean 0\.286, std 0\.353 /m);
  expect(out).toMatch(/^teacher +fashion_cait +1\.60 M +20\.87 M/m);
  expect(out).toMatch(/^blocks\.5 +4×4 +64 +blocks\.5 +4×4 +128 +4×4 /m);
  expect(out).toMatch(/^dropped +1 .*\bfashion_deit$/m);
  expect(out).toMatch(/^length +4 .*\b64\b.*\b1\b.*\b4$/m);
  expect(out).toMatch(/^time .*\b\d+:\d\d\b/m);
  expect(out).toMatch(
    /^disk +13\.5 MB: student\.safetensors 1\.2 MB, student\.best\.safetensors 1\.2 MB, checkpoints\/ 11\.0 MB$/m,
  );
});

test("--json is the same as data, and nothing is left behind", async () => {
  const folder = folderWith({ "tiny.ts": tinyRecipe(`${teacher} method: v.manifold({ unequalGrids: "pool" }),`) });
  const { out, code } = await vitDistill(["plan", "tiny.ts", "--smoke", "--json"], folder);
  expect(code).toBe(0);
  const made = JSON.parse(out);
  expect(made).toMatchObject({ name: "tiny", steps: 4, teachers: [{ grid: [7, 7] }] });
  expect(made.method.meetings[0]).toMatchObject({
    grid: [7, 7],
    unequalGrids: "pool",
    student: { grid: [14, 14], prefixTokens: 1 },
  });
  expect((await vitDistill(["plan", "tiny.ts", "--smoke"], folder)).out).toMatch(/^blocks\.0 .* 7×7 .*\bvit\b/m);
});

test.each<[string, string, string[]]>([
  ["v.manifold()", "ERR_PATCH_GRID", ["vit", "14×14", "blocks.0", "7×7", '"merge"', '"pool"']],
  [careless, "ERR_METHOD_CONTRACT", ["careless", "mse_loss", "[8, 1, 16]", "[8, 50, 16]"]],
])("what would be wrong is a sentence and exit code 1: %#", async (method, expected, facts) => {
  const folder = folderWith({ "bad.ts": tinyRecipe(`${teacher.replace("embedDim: 32", "embedDim: 16")} method: ${method},`) });
  const { out, err, code } = await vitDistill(["plan", "bad.ts", "--smoke"], folder);
  expectError(err, expected, ...facts);
  expect(out).toBe("");
  expect(code).toBe(1);
});
