/** `resume` as a user runs it: it goes on, proves that it can, and refuses another recipe. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { engineInfo } from "../../src/torch/index.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, signalAt, tinyRecipe, vitDistill } from "./command.js";

test("a run is proven, gone on with, and refused with what differs", async () => {
  const text = tinyRecipe("ema: 0.9,");
  const folder = folderWith({ "tiny.ts": text });
  const run = (...args: string[]) => vitDistill(args, folder);
  expect(await run("train", "tiny.ts", "--smoke", "--dir", "run")).toMatchObject({ code: 0 });

  const proven = await run("resume", "run", "--verify");
  expect(proven.out).toMatch(/\bStep 1\b.*\nema +[0-9a-f]{16} +[0-9a-f]{16} +=\n/s);
  expect(proven.code).toBe(0);

  writeFileSync(join(folder, "tiny.ts"), `// only a comment\n${text}`);
  expect(await run("resume", "run")).toMatchObject({ code: 0, err: expect.stringMatching(/\b\d+:\d\d: .*\brun\n/) });

  writeFileSync(join(folder, "tiny.ts"), text.replace("lr: 1e-3", "lr: 2e-3"));
  const refused = await run("train", "--resume", "run");
  expect(refused.code).toBe(1);
  expectError(refused.err, "ERR_RECIPE_CHANGED", "run", "\n  optimizer.lr: 0.001 → 0.002\n", "--init", "--force");
});

test("--init goes with a new run only", async () => {
  const folder = folderWith({ "tiny.ts": tinyRecipe() });
  const both = await vitDistill(["train", "tiny.ts", "--resume", "run", "--init", "x.pth"], folder);
  expectError(both.err, "ERR_USAGE", "--init", "--resume");
  expect(both.code).toBe(2);
});

test("a run that goes on under another instruction set says which it was and which it is", async () => {
  const folder = folderWith({ "tiny.ts": tinyRecipe() });
  const stop = () => signalAt(/step \d+\//, "SIGINT");
  const begun = await vitDistill(["train", "tiny.ts", "--dir", "run"], folder, stop(), { VIT_DISTILL_CPU: "portable" });
  expect(begun.code).toBe(130);
  const gone = await vitDistill(["resume", "run"], folder, stop());
  expect(gone.code).toBe(130);
  const { isa } = engineInfo();
  expect(gone.err.includes(`instruction set: portable → ${isa}`)).toBe(isa !== "portable");
});
