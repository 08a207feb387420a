/** A step that was left out, from the command line: the run ends in a sentence, replay computes the step again. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunFolder } from "../../src/train/run-folder.js";
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
  const place = "the term gap: aten::log in the method mine (breaking.ts:22) made 24 of 24 numbers NaN or Inf; all 8 pictures";
  const file = join("run", "faults", "step-000002.safetensors");
  expect(trained.code).toBe(1);
  expect(trained.err).toContain(`step 1 was left out (1 in a row, 1 may be): ${place}`);
  expect(trained.err).toContain(`vit-distill: Not a finite number at step 2: ${place}. 2 steps in a row were left out`);
  expect(trained.err).toContain(`vit-distill replay ${file}`);
  expect(
    openRunFolder(join(folder, "run"))
      .readMetrics()
      .map(({ kind }) => kind),
  ).toEqual(["fault", "fault"]);
  expect(readdirSync(join(folder, "run", "checkpoints"))).toContain("step-00000002.json");

  const again = await vitDistill(["replay", file], folder);
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).toContain(`${place}.`);
  expect(again.out).toMatch(/^operator +aten::log$/m);
  expect(again.out).toMatch(/^self +bfloat16 +8×3 +0\.000 +0\.000 +0$/m);
  expect(again.out).toMatch(/\nReproduced in bfloat16\.\n$/);

  const mended = await vitDistill(["replay", file, "--precision", "float32"], folder);
  expect(mended).toMatchObject({ code: 1, err: "" });
  expect(mended.out).toMatch(/\nNot reproduced: in float32 every number of this step is finite\.\n$/);

  const json = await vitDistill(["replay", file.replace("safetensors", "json"), "--json"], folder);
  expect(JSON.parse(json.out)).toMatchObject({
    reproduced: true,
    found: { step: 2, terms: ["gap"], origin: { operator: "aten::log" } },
  });

  const none = await vitDistill(["replay", "gone.safetensors"], folder);
  expect(none).toMatchObject({ code: 1, err: "vit-distill: gone.safetensors: there is no such capture\n" });
});
