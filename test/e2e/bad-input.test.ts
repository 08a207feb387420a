import { expect, test } from "vitest";
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

test.each([
  [
    "an unknown model",
    ["train", "unknown-model.ts"],
    'Unknown model "deit_tinny_patch16_224". Did you mean "deit_tiny_patch16_224"?',
  ],
  ["a wrong class count", ["train", "classes.ts"], "vit has 7 classes, and noise has 3. Make it with { numClasses: 3 }."],
  ["missing weights", ["train", "missing-weights.ts"], "Cannot read gone.safetensors: it does not exist"],
  [
    "truncated weights",
    ["train", "truncated-weights.ts"],
    'truncated.safetensors: tensor "x": it ends at byte 8 of the data, but the file holds 4; the file is truncated',
  ],
  [
    "corrupt weights",
    ["train", "corrupt-weights.ts"],
    'corrupt.safetensors: tensor "x": its data_offsets span 8 bytes, but shape [3] of F32 takes 12',
  ],
  ["another model's weights", ["train", "other-weights.ts"], "cls_token"],
  ["a 14×14 student under a 7×7 teacher", ["train", "grids.ts"], "14×14"],
  [
    "missing data",
    ["train", "missing-data.ts"],
    "missing-data.ts:3: Fashion-MNIST is not here: there is no folder nowhere. Install Debian's package",
  ],
  [
    "a field of the wrong type",
    ["train", "type-error.ts"],
    'type-error.ts: data.batchSize: expected a positive integer, got "64"',
  ],
  [
    "a slip in the recipe's code",
    ["train", "slip.ts"],
    "slip.ts:4: TypeError: Cannot read properties of undefined (reading 'field')",
  ],
  ["TypeScript that does not parse", ["train", "syntax.ts"], 'syntax.ts:2:11: Unexpected ";"'],
  [
    "an export that there is not",
    ["train", "no-such-export.ts"],
    "no-such-export.ts:1: SyntaxError: The requested module 'vit-distill' does not provide an export named 'manifoldd'",
  ],
  [
    "a file that exports no recipe",
    ["train", "nothing.ts"],
    "nothing.ts: exports no recipe. End it in `export default defineRecipe(",
  ],
  ["no such recipe", ["train", "gone.ts"], "Cannot read gone.ts: it does not exist"],
  [
    "a run folder under a file",
    ["train", "good.ts", "--dir", "a-file/run"],
    "Cannot make the run folder a-file/run: a file of that name stands in its way. Name another with --dir.",
  ],
  ["a run folder where none can be", ["train", "good.ts", "--dir", "/proc/run"], "Cannot make the run folder /proc/run: "],
  ["eval of what is no run", ["eval", "."], "this is no run folder: it has no manifest.json and recipe.resolved.json"],
  ["resume of what is no run", ["train", "--resume", "nowhere"], "nowhere: there is no such run folder"],
])("%s is a sentence and exit code 1", async (_, args, message) => {
  const { code, out, err } = await vitDistill(args, folder);
  expect(err).toContain(message);
  expect(err).toMatch(/^vit-distill: /);
  expect(err).not.toMatch(/\n\s+at /);
  expect(out).toBe("");
  expect(code).toBe(1);
});

test.each([
  [["trian"], "Did you mean train?"],
  [["train"], "name a recipe, or a run with --resume"],
  [["train", "good.ts", "--seed", "x"], "It must be a whole number from 0 up."],
  [["train", "good.ts", "--dir", "a", "--resume", "b"], "give one of them"],
  [["eval", ".", "--split", "tset"], "Allowed choices are test, val"],
  [["train", "good.ts", "--epochs", "3"], "unknown option '--epochs'"],
])("%o is wrong usage: exit code 2", async (args, message) => {
  const { code, err } = await vitDistill(args, folder);
  expect(err).toContain(message);
  expect(code).toBe(2);
});
