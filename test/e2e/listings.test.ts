import { expect, test } from "vitest";
import { vitDistill } from "./command.js";

const ask = async (...args: string[]) => (await vitDistill(args, process.cwd())).out;

test("models, methods and info print tables, and JSON when asked", async () => {
  expect(await ask("models")).toMatch(/^deit_tiny_patch16_224 +vit +192 +12 +14×14 +1 +3×224×224$/m);
  expect(JSON.parse(await ask("models", "--json")).map(({ name }: { name: string }) => name)).toContain("cait_s24_224");
  expect(JSON.parse(await ask("models", "deit_tiny_patch16_224", "--json"))).toMatchObject({ embedDim: 192, grid: [14, 14] });
  expect(await ask("methods")).toMatch(/^manifold +.*2107\.01378$/m);
  expect(JSON.parse(await ask("methods", "--json"))[0]).toMatchObject({ name: "none" });
  expect(await ask("info")).toMatch(/^libtorch +\d/m);
  expect(JSON.parse(await ask("info", "--json"))).toMatchObject({
    node: process.versions.node,
    devices: expect.arrayContaining(["cpu"]),
  });
});

test.each(["train", "eval", "models", "methods", "info"])("%s --help says what it is for", async (command) => {
  const { out, code } = await vitDistill([command, "--help"], process.cwd());
  expect(out).toContain(`Usage: vit-distill ${command}`);
  expect(code).toBe(0);
});
