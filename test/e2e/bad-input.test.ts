import { expect, test } from "vitest";
import { expectError } from "../support/command-errors.js";
import { folderWith, tinyRecipe, vitDistill } from "./command.js";

const header = JSON.stringify({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8] } });
const weights = (data: number, text = header): Uint8Array => {
  const bytes = Buffer.alloc(8 + text.length + data);
  bytes.writeBigUInt64LE(BigInt(text.length));
  bytes.write(text, 8);
  return bytes;
};

const files = {
  "good.ts": tinyRecipe(),
  "unknown-model.ts": tinyRecipe('student: () => v.createModel("deit_tinny_patch16_224"),'),
  "classes.ts": tinyRecipe("student: () => small({ numClasses: 7 }),"),
  "missing-weights.ts": tinyRecipe(
    'method: v.soft(), teachers: [() => v.loadWeights(small({}), v.loadTensors("gone.safetensors"))],',
  ),
  "truncated-weights.ts": tinyRecipe(
    'method: v.soft(), teachers: [() => v.loadWeights(small({}), v.loadTensors("truncated.safetensors"))],',
  ),
  "corrupt-weights.ts": tinyRecipe(
    'method: v.soft(), teachers: [() => v.loadWeights(small({}), v.loadTensors("corrupt.safetensors"))],',
  ),
  "other-weights.ts": tinyRecipe(
    'method: v.soft(), teachers: [() => v.loadWeights(small({}), v.loadTensors("other.safetensors"))],',
  ),
  "grids.ts": tinyRecipe("method: v.manifold(), teachers: [() => small({ patchSize: 4 })],"),
  "missing-data.ts": tinyRecipe("", { before: 'v.fashionMnist({ split: "train", folder: "nowhere" });' }),
  "type-error.ts": tinyRecipe('data: { train: noise, batchSize: "64" as unknown as number },'),
  "slip.ts": tinyRecipe("", { before: "const missing = undefined as any;\nmissing.field;" }),
  "syntax.ts": "export default {\n  epochs: ;\n};\n",
  "no-such-export.ts": 'import { manifoldd } from "vit-distill";\nexport default manifoldd;\n',
  "nothing.ts": "export const recipe = 1;\n",
  "truncated.safetensors": weights(4),
  "corrupt.safetensors": weights(8, header.replace("[2]", "[3]")),
  "other.safetensors": weights(8),
  "a-file": "",
};
const folder = folderWith(files);

test.each<[string, string[], string, (string | RegExp)[]]>([
  [
    "an unknown model",
    ["train", "unknown-model.ts"],
    "ERR_UNKNOWN_MODEL",
    ['"deit_tinny_patch16_224"', '"deit_tiny_patch16_224"'],
  ],
  ["a wrong class count", ["train", "classes.ts"], "ERR_CLASSES", ["vit", /\b7\b/, "noise", "{ numClasses: 3 }"]],
  ["missing weights", ["train", "missing-weights.ts"], "ERR_FILE", ["gone.safetensors"]],
  [
    "truncated weights",
    ["train", "truncated-weights.ts"],
    "ERR_WEIGHTS_FORMAT",
    ["truncated.safetensors", '"x"', /\b8\b/, /\b4\b/],
  ],
  [
    "corrupt weights",
    ["train", "corrupt-weights.ts"],
    "ERR_WEIGHTS_FORMAT",
    ["corrupt.safetensors", '"x"', /\b8\b/, "[3]", "F32", /\b12\b/],
  ],
  ["another model's weights", ["train", "other-weights.ts"], "ERR_WEIGHTS_MISMATCH", ["cls_token"]],
  ["a 14×14 student under a 7×7 teacher", ["train", "grids.ts"], "ERR_PATCH_GRID", ["14×14", "7×7"]],
  [
    "missing data",
    ["train", "missing-data.ts"],
    "ERR_DATA_NOT_FOUND",
    ["missing-data.ts:3", "Fashion-MNIST", "nowhere", "Debian"],
  ],
  ["a field of the wrong type", ["train", "type-error.ts"], "ERR_RECIPE", ["type-error.ts", "data.batchSize", '"64"']],
  ["a slip in the recipe's code", ["train", "slip.ts"], "ERR_RECIPE", ["slip.ts:4", "TypeError", "'field'"]],
  ["TypeScript that does not parse", ["train", "syntax.ts"], "ERR_RECIPE_SYNTAX", ["syntax.ts:2:11", '";"']],
  [
    "an export that there is not",
    ["train", "no-such-export.ts"],
    "ERR_RECIPE",
    ["no-such-export.ts:1", "SyntaxError", "'vit-distill'", "'manifoldd'"],
  ],
  ["a file that exports no recipe", ["train", "nothing.ts"], "ERR_RECIPE", ["nothing.ts", "`export default defineRecipe("]],
  ["no such recipe", ["train", "gone.ts"], "ERR_FILE", ["gone.ts"]],
  ["a run folder under a file", ["train", "good.ts", "--dir", "a-file/run"], "ERR_FILE", ["a-file/run", "--dir"]],
  ["a run folder where none can be", ["train", "good.ts", "--dir", "/proc/run"], "ERR_FILE", ["/proc/run", "--dir"]],
  ["eval of what is no run", ["eval", "."], "ERR_RUN_FOLDER", ["manifest.json", "recipe.resolved.json"]],
  ["resume of what is no run", ["train", "--resume", "nowhere"], "ERR_RUN_FOLDER", ["nowhere"]],
])("%s is a sentence and exit code 1", async (_, args, code, facts) => {
  const ended = await vitDistill(args, folder);
  expectError(ended.err, code, ...facts);
  expect(ended.err).toMatch(/^vit-distill: /);
  expect(ended.out).toBe("");
  expect(ended.code).toBe(1);
});

test.each<[string[], string[]]>([
  [["trian"], ["'trian'", "train?"]],
  [["train"], ["--resume"]],
  [
    ["train", "good.ts", "--seed", "x"],
    ["--seed", "'x'", "0"],
  ],
  [
    ["train", "good.ts", "--dir", "a", "--resume", "b"],
    ["--dir", "--resume"],
  ],
  [
    ["eval", ".", "--split", "tset"],
    ["'tset'", "test, val"],
  ],
  [["train", "good.ts", "--epochs", "3"], ["'--epochs'"]],
  [["cache", "fill"], ["'recipe'"]],
])("%o is wrong usage: exit code 2", async (args, facts) => {
  const { code, err } = await vitDistill(args, folder);
  expectError(err, "ERR_USAGE", ...facts);
  expect(code).toBe(2);
});
