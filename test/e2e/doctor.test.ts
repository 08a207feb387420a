/** The doctor from the command line: a report, an exit code, and one sentence where train would refuse. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Diagnosis } from "../../src/train/index.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, tinyRecipe, vitDistill } from "./command.js";

const root = join(import.meta.dirname, "../..");
const broken = `method: v.soft(), teachers: [() => {
  const model = small({ name: "broken" });
  v.tidy(() => void model.stateDict().get("blocks.1.mlp.fc1.bias")!.detach().fill_(Number.NaN));
  return model;
}],`;
const folder = folderWith({
  "broken.ts": tinyRecipe(broken),
  "head.ts": tinyRecipe('method: v.soft(), teachers: [() => small({ name: "seven", numClasses: 7 })],'),
  "alone.ts": tinyRecipe(),
});

test("a good teacher: a table, exit code 0", async () => {
  const { out, err, code } = await vitDistill(["doctor", "recipes/quickstart.ts", "--images", "64", "--smoke"], root);
  expect(err).toBe("");
  expect(out).toMatch(/^teacher fashion_cait$/m);
  expect(out).toMatch(/^ {2}✓ accuracy .* 9\d\.\d % .*\b64\b/m);
  expect(out).toMatch(/\b64\b.*\bFashion-MNIST train \(val\).* \d+\.\d s.*\n$/);
  expect(code).toBe(0);
});

test("a bad one: the same table, a sentence, exit code 1; with --json too", async () => {
  const { out, err, code } = await vitDistill(["doctor", "broken.ts"], folder);
  expect(out).toMatch(/^ {2}✗ weights .*\bblocks\.1\.mlp\.fc1\.bias\b/m);
  expectError(err, "ERR_UNFIT_TEACHER", "broken", "blocks.1.mlp.fc1.bias", "--no-doctor");
  expect(code).toBe(1);
  const json = await vitDistill(["doctor", "head.ts", "--json"], folder);
  const { severity, findings } = JSON.parse(json.out) as Diagnosis;
  expect(severity).toBe("refuse");
  expect(findings).toMatchObject([{ check: "head", numbers: { numClasses: 7, classes: 3 } }]);
  expectError(json.err, "ERR_UNFIT_TEACHER", "seven", /\b7\b/, /\b3\b/, "--no-doctor");
  expect(json.code).toBe(1);
});

test("no teacher, nothing to look at", async () => {
  expect(await vitDistill(["doctor", "alone.ts"], folder)).toEqual({ code: 0, out: expect.stringMatching(/^.+\n$/), err: "" });
  const { out } = await vitDistill(["doctor", "alone.ts", "--json"], folder);
  expect(JSON.parse(out)).toMatchObject({ severity: "ok", images: 0, findings: [] });
});

test("train refuses what the doctor refuses, writes nothing, and can be told not to ask", async () => {
  const { err, code } = await vitDistill(["train", "broken.ts", "--smoke", "--dir", "run"], folder);
  expectError(err, "ERR_UNFIT_TEACHER", "broken", "blocks.1.mlp.fc1.bias", "--no-doctor", "doctor: false");
  expect(code).toBe(1);
  expect(existsSync(join(folder, "run"))).toBe(false);
  const all = await vitDistill(["train", "broken.ts", "--smoke", "--dir", "run", "--no-doctor"], folder);
  expect(all.err).toMatch(/\bstep 1\b.*\b1\b.*\b3\b.*\bsoft\b.*\bblocks\.1\.mlp\.fc1\.bias\b.*\bbroken\b/);
  expectError(all.err, "ERR_NON_FINITE", /\b4\b/, "soft", "blocks.1.mlp.fc1.bias", "broken");
  expect(all.code).toBe(1);
});
