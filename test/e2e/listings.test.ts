import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { expectError } from "../support/command-errors.js";
import { vitDistill } from "./command.js";

const ask = async (...args: string[]) => (await vitDistill(args, process.cwd())).out;

test("models, methods and info print tables, and JSON when asked", async () => {
  expect(await ask("models")).toMatch(/^deit_tiny_patch16_224 +vit +5\.72 M +1\.25 G +192 +12 +14×14 +1 +3×224×224$/m);
  expect(JSON.parse(await ask("models", "--json")).map(({ name }: { name: string }) => name)).toContain("cait_s24_224");
  expect(JSON.parse(await ask("models", "deit_tiny_patch16_224", "--json"))).toMatchObject({
    embedDim: 192,
    grid: [14, 14],
    parameters: 5717416,
    macs: 1253683200,
  });
  const distilled = JSON.parse(await ask("models", "distilled", "--json"));
  expect(distilled.length).toBeGreaterThan(2);
  expect(
    distilled.every(
      ({ name, prefixTokens }: { name: string; prefixTokens: number }) => name.includes("distilled") && prefixTokens === 2,
    ),
  ).toBe(true);
  expect(await ask("methods")).toMatch(/^manifold +.*2107\.01378$/m);
  expect(JSON.parse(await ask("methods", "--json"))[0]).toMatchObject({ name: "none" });
  expect(await ask("info")).toMatch(/^libtorch +\d/m);
  expect(JSON.parse(await ask("info", "--json"))).toMatchObject({
    node: process.versions.node,
    devices: expect.arrayContaining(["cpu"]),
  });
});

test("info --weights describes a weight file, or says in a sentence why it cannot", async () => {
  const samples = fileURLToPath(new URL("../checkpoint/samples/", import.meta.url));
  const page = await ask("info", "--weights", `${samples}vit.safetensors`);
  expect(page).toMatch(/^names of +Transformers$/m);
  expect(page).toMatch(/^likely model .*\bvit\b/m);
  expect(page).toMatch(/^classes +3$/m);
  expect(page).toMatch(/^….*\b20\b.*--all/m);
  const facts = JSON.parse(await ask("info", "--weights", `${samples}training.pth#model_ema`, "--json"));
  expect(facts).toMatchObject({
    format: "PyTorch (zip)",
    nesting: "model_ema",
    others: ["model"],
    tensors: 2,
    dtypes: { F32: 8 },
  });
  expect(facts.keys).toEqual([
    { key: "weight", dtype: "F32", shape: [2, 3] },
    { key: "bias", dtype: "F32", shape: [2] },
  ]);
  expect(facts.files[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  const broken = await vitDistill(["info", "--weights", `${samples}module.pth`], process.cwd());
  expect(broken.code).toBe(1);
  expectError(broken.err, "ERR_UNSAFE_PICKLE", "module.pth", "torch.nn.modules.linear.Linear");
});

test.each(["distill", "finetune", "preview", "train", "doctor", "plan", "eval", "models", "methods", "info"])(
  "%s --help says what it is for",
  async (command) => {
    const { out, code } = await vitDistill([command, "--help"], process.cwd());
    expect(out).toContain(`vit-distill ${command}`);
    expect(code).toBe(0);
  },
);
