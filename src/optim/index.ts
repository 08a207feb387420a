/** Optimizers, parameter groups, schedules, averaging and clipping. */

export { AdamW, type AdamWOptions, adamW } from "./adamw.js";
export { clipGradNorm_, gradNorm } from "./clip.js";
export { Ema } from "./ema.js";
export { LossScaler, type LossScalerOptions, type LossScalerState } from "./loss-scaler.js";
export { Optimizer, type OptimizerFactory, type OptimizerState } from "./optimizer.js";
export { type GroupOptions, type NamedParameters, type ParamGroup, paramGroups } from "./param-groups.js";
export {
  type CosineOptions,
  cosine,
  deitEpochCosine,
  type LearningRates,
  lrAfterEpoch,
  type RunLength,
  type Schedule,
} from "./schedule.js";
export { Sgd, type SgdOptions, sgd } from "./sgd.js";
