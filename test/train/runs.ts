/** What tests compare of two runs. */

import { readFileSync } from "node:fs";
import { openRunFolder, type TrainRow } from "../../src/train/index.js";

/** What must not differ between two runs of one recipe and seed: all but times. */
export const lasting = (dir: string) =>
  openRunFolder(dir)
    .readMetrics()
    .map(({ time, ...row }) => {
      if (row.kind !== "train") return row;
      const { imagesPerSecond, dataShare, teacherShare, ...rest } = row as Omit<TrainRow, "time">;
      return rest;
    });

/** The bytes of the student. */
export const student = (dir: string) => readFileSync(openRunFolder(dir).student);
