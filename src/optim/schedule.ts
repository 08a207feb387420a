/** Learning rates over a run: linear warm-up, then half a cosine down to a floor. https://arxiv.org/abs/1608.03983 */

/** What a run knows when it begins. */
export interface RunLength {
  /** The rate at the top. */
  lr: number;
  /** Optimizer steps of the whole run. */
  steps: number;
  stepsPerEpoch: number;
}

export interface LearningRates {
  /** The rate of the step with this index, counted from 0 over the whole run. */
  lrAt(step: number): number;
}

/** What a recipe names: `schedule: cosine({ warmupEpochs: 5, floor: 1e-5 })`. The options are written down with the run. */
export interface Schedule {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  build(run: RunLength): LearningRates;
}

export interface CosineOptions {
  warmupEpochs?: number;
  /** Where the warm-up begins. */
  warmupLr?: number;
  /** Where the cosine ends. */
  floor?: number;
  /** Warm restarts: from this epoch on, a new half cosine from this rate. https://arxiv.org/abs/1608.03983 */
  restarts?: readonly { epoch: number; lr: number }[];
}

/** A new rate every step: the warm-up reaches `lr` where the cosine begins. */
export function cosine({ warmupEpochs = 0, warmupLr = 1e-6, floor = 0, restarts = [] }: CosineOptions = {}): Schedule {
  return {
    name: "cosine",
    options: { warmupEpochs, warmupLr, floor, restarts },
    build({ lr, steps, stepsPerEpoch }) {
      const warmup = Math.round(warmupEpochs * stepsPerEpoch);
      const descents = [
        { start: warmup, from: lr },
        ...restarts.map(({ epoch, lr }) => ({ start: epoch * stepsPerEpoch, from: lr })),
      ];
      return {
        lrAt(step) {
          if (step < warmup) return rise(step / warmup, warmupLr, lr);
          const current = descents.findLastIndex(({ start }) => start <= step);
          const { start, from } = descents[current];
          const end = descents[current + 1]?.start ?? steps;
          return fall((step - start) / Math.max(1, end - start), from, floor);
        },
      };
    },
  };
}

/**
 * timm 0.5.4's schedule as DeiT drives it: one rate an epoch, and `step(epoch)` called with the epoch that has just ended, so
 * that epochs 0 and 1 both run at the warm-up rate. Warm-up replaces the beginning of the cosine.
 */
export function deitEpochCosine({
  warmupEpochs = 5,
  warmupLr = 1e-6,
  floor = 1e-5,
}: Omit<CosineOptions, "restarts"> = {}): Schedule {
  return {
    name: "deitEpochCosine",
    options: { warmupEpochs, warmupLr, floor },
    build({ lr, steps, stepsPerEpoch }) {
      const afterStep = lrAfterEpoch({ lr, epochs: Math.ceil(steps / stepsPerEpoch), warmupEpochs, warmupLr, floor });
      return { lrAt: (step) => afterStep(Math.max(0, Math.floor(step / stepsPerEpoch) - 1)) };
    },
  };
}

/** The rate that timm's CosineLRScheduler sets in `step(epoch)`. */
export const lrAfterEpoch =
  ({ lr, epochs, warmupEpochs, warmupLr, floor }: Required<Omit<CosineOptions, "restarts">> & { lr: number; epochs: number }) =>
  (epoch: number): number =>
    epoch < warmupEpochs ? rise(epoch / warmupEpochs, warmupLr, lr) : fall(epoch / epochs, lr, floor);

const rise = (progress: number, from: number, to: number): number => from + progress * (to - from);

const fall = (progress: number, from: number, to: number): number =>
  to + 0.5 * (from - to) * (1 + Math.cos(Math.PI * Math.min(1, progress)));
