/** The learning rates of DeiT's epoch cosine. */

import { lrAfterEpoch } from "../../src/optim/index.js";
import { type Check, relative, tolerances } from "./check.js";
import type { Schedule } from "./folder.js";

export function checkSchedule({ deit_epoch_cosine: golden }: Schedule): Check[] {
  const { lr, epochs, min_lr: floor, warmup_lr: warmupLr, warmup_epochs: warmupEpochs } = golden;
  const rate = lrAfterEpoch({ lr, epochs, warmupEpochs, warmupLr, floor });
  return Object.entries(golden.lr_after_step_epoch).map(([epoch, expected]) => ({
    subject: "deit epoch cosine",
    what: `lr after step(${epoch})`,
    error: relative(rate(Number(epoch)), expected),
    tolerance: tolerances.term,
  }));
}
