/** In which precision the models run. The losses are float32 whatever is chosen. */

import { autocast, type Device, type DType, hasBfloat16, linear, noGrad, ones, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

export type Precision = "float32" | "bfloat16" | "float16";

export interface PrecisionChoice {
  precision: Precision;
  /** Half a sentence, for the log and the manifest. */
  why: string;
  /** What decided it, where it was measured. */
  measured?: PrecisionTimes;
}

/** Milliseconds of a linear layer from 512 to 2,048 channels, on 1,024 rows. */
export interface PrecisionTimes {
  float32: number;
  bfloat16: number;
}

/** bfloat16 keeps 8 bits of 24: for less than this it is not worth them. */
const WORTH = 1.1;
const [ROWS, WIDTH] = [1024, 512];
const TIMES = 3;

/**
 * `auto` is bfloat16 on a GPU, and on a processor that multiplies it itself and is faster so; float32 elsewhere. Measured once in a
 * process, at one shape for all models, at which the two are far apart: of a small model's own layers noise could decide, and two
 * runs of one seed would differ.
 */
export function choosePrecision(asked: Precision | "auto", device: Device): PrecisionChoice {
  if (asked === "float16" && device === "cpu")
    throw new UserError("ERR_PRECISION", 'precision: "float16" is for GPUs: libtorch has no autocast to it on a processor', {
      remedy: 'Take "bfloat16", which needs no loss scaling, or "auto".',
    });
  if (asked !== "auto") return { precision: asked, why: "as the recipe says" };
  if (device !== "cpu") return { precision: "bfloat16", why: `the default on ${device}` };
  if (!hasBfloat16()) return { precision: "float32", why: "this processor does not multiply bfloat16 itself" };
  measuredOnce ??= measure();
  const measured = measuredOnce;
  const gain = measured.float32 / measured.bfloat16;
  const layer = `in a linear layer: ${measured.bfloat16.toFixed(2)} ms against ${measured.float32.toFixed(2)} ms`;
  return gain >= WORTH
    ? { precision: "bfloat16", why: `measured ${gain.toFixed(1)} times as fast as float32 ${layer}`, measured }
    : { precision: "float32", why: `bfloat16 measured only ${gain.toFixed(1)} times as fast ${layer}`, measured };
}

/** What was found when a run began holds as long as it goes on: there is nothing new to say of it. */
export const keptChoice = ({ precision }: PrecisionChoice): PrecisionChoice => ({ precision, why: "as when the run began" });

/** Runs `fn` under autocast where the precision asks for it. */
export function inPrecision<T>(precision: Precision, device: Device, fn: () => T): T {
  return precision === "float32" ? fn() : autocast({ device: kindOf(device), dtype: precision as DType }, fn);
}

const kindOf = (device: Device): Device => device.split(":")[0];

let measuredOnce: PrecisionTimes | undefined;

/** The best of some runs of each, in turn, after one that pays for warming up. Draws no random numbers. */
function measure(): PrecisionTimes {
  return tidy(() => {
    const [input, weight] = [ones([ROWS, WIDTH]), ones([4 * WIDTH, WIDTH])];
    const run = (precision: Precision): number => {
      const begin = performance.now();
      tidy(() => noGrad(() => void inPrecision(precision, "cpu", () => linear(input, weight))));
      return performance.now() - begin;
    };
    const best = { float32: Number.POSITIVE_INFINITY, bfloat16: Number.POSITIVE_INFINITY };
    for (let time = 0; time <= TIMES; time++) {
      for (const precision of ["float32", "bfloat16"] as const) {
        const took = run(precision);
        if (time > 0) best[precision] = Math.min(best[precision], took);
      }
    }
    return best;
  });
}
