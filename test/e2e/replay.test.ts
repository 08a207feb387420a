/** A step that was left out, from the command line: the run ends in a sentence, replay computes the step again. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunFolder } from "../../src/train/run-folder.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, tinyRecipe, vitDistill } from "./command.js";

// 256.5 is no bfloat16
const breaking = `precision: "bfloat16", nonFinite: { skip: 1 }, method: v.defineMethod({
  name: "mine", teachers: [0, 0],
  loss: ({ student: { logits }, targets }) => ({
    task: v.crossEntropy(logits, targets),
    gap: logits.mul(0).add(256.5).sub(256).log().mean(),
  }),
}),`;

test("a run that breaks says where, and its capture tells whether float32 mends it", async () => {
  const folder = folderWith({ "breaking.ts": tinyRecipe(breaking) });
  const trained = await vitDistill(["train", "breaking.ts", "--smoke", "--dir", "run"], folder);
  const place = /\bgap\b.*\baten::log\b.*\bmine \(breaking\.ts:22\).*\b24\b.*\b24\b.*\b8\b/;
  const file = join("run", "faults", "step-000002.safetensors");
  expect(trained.code).toBe(1);
  expect(trained.err).toMatch(new RegExp(`\\bstep 1\\b.*\\b1\\b.*\\b1\\b.*${place.source}`));
  expectError(trained.err, "ERR_NON_FINITE", /\bstep 2\b/, place, /\b2 steps\b/, "skip: 1", `vit-distill replay ${file}`);
  expect(
    openRunFolder(join(folder, "run"))
      .readMetrics()
      .map(({ kind }) => kind),
  ).toEqual(["fault", "fault"]);
  expect(readdirSync(join(folder, "run", "checkpoints"))).toContain("step-00000002.json");

  const again = await vitDistill(["replay", file], folder);
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).toMatch(place);
  expect(again.out).toMatch(/^operator +aten::log$/m);
  expect(again.out).toMatch(/^self +bfloat16 +8×3 +0\.000 +0\.000 +0$/m);
  expect(again.out).toMatch(/\n.*\bbfloat16\b.*\n$/);

  const mended = await vitDistill(["replay", file, "--precision", "float32"], folder);
  expect(mended).toMatchObject({ code: 1, err: "" });
  expect(mended.out).toMatch(/\n.*\bfloat32\b.*\n$/);

  const json = await vitDistill(["replay", file.replace("safetensors", "json"), "--json"], folder);
  expect(JSON.parse(json.out)).toMatchObject({
    reproduced: true,
    found: { step: 2, terms: ["gap"], origin: { operator: "aten::log" } },
  });

  const none = await vitDistill(["replay", "gone.safetensors"], folder);
  expectError(none.err, "ERR_FILE", "gone.safetensors");
  expect(none.code).toBe(1);
});
