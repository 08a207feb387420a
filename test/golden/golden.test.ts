/** The checks of `npm run golden` on the committed values. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Check, passed } from "../../tools/golden/check.js";
import { checkAdvice } from "../../tools/golden/co-advise.js";
import { Filler } from "../../tools/golden/filler.js";
import { readFolder } from "../../tools/golden/folder.js";
import { notBuilt } from "../../tools/golden/folder-checks.js";
import { checkLosses } from "../../tools/golden/losses.js";
import { checkModel, sortModels } from "../../tools/golden/models.js";
import { checkSchedule } from "../../tools/golden/schedule.js";
import { checkTrajectory } from "../../tools/golden/trajectory.js";
import { onEachDevice } from "../support/devices.js";

const { folder, absent } = readFolder(join(import.meta.dirname, "fixtures"));
const filler = new Filler();

function expectAll(checks: Check[]): void {
  expect(checks.length).toBeGreaterThan(0);
  expect(checks.filter((check) => !passed(check))).toEqual([]);
}

test("the folder is whole", () => expect(absent).toEqual([]));

// the largest has 87 million weights to fill, and other work may share the machine
const patient = 300_000;

onEachDevice(() => {
  test.each(sortModels(folder).built)(
    "%s has the reference's keys and gives its logits and blocks",
    (name) => expectAll(checkModel(name, folder, filler)),
    patient,
  );

  test("manifold terms, their gradients, all pairs and logit distillation", () => expectAll(checkLosses(folder.losses!, filler)));

  test.each(folder.trajectories!)("six steps under $type logits, alpha $alpha", (run) => expectAll(checkTrajectory(run, filler)));

  test("four steps of a Co-advise student", () => expectAll(checkAdvice(folder.adviceTrajectory!, filler)), patient);
});

test("DeiT's learning rates", () => expectAll(checkSchedule(folder.schedule!)));

describe("the tool itself", () => {
  test("finds a wrong value", () => {
    const wrong = { ...folder.schedule!.deit_epoch_cosine, min_lr: 2e-5 };
    expect(checkSchedule({ deit_epoch_cosine: wrong }).filter((check) => !passed(check)).length).toBeGreaterThan(0);
  });

  test("a salt gives other numbers", () => {
    expect(new Filler("salt").labels("fgmd/y/0", 6, 10)).not.toEqual(filler.labels("fgmd/y/0", 6, 10));
    expect(filler.labels("fgmd/y/0", 6, 10)).toEqual(folder.trajectories![0].steps[0].labels);
  });

  test("counts what is not built", () => expect(notBuilt({ stateDicts: { net_of_tomorrow: [] } })).toEqual(["net_of_tomorrow"]));

  test("a folder without golden values is one sentence", () => {
    expect(() => readFolder(import.meta.dirname)).toThrowCode(
      "ERR_DATA_NOT_FOUND",
      import.meta.dirname,
      "forward.json",
      "test/golden/fixtures",
    );
  });
});
