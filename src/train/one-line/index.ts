/** Recipes for people without recipes. */

export {
  type ChoiceEvent,
  type DistillOptions,
  distill,
  type OneLineEvent,
  type OneLineOptions,
  type RecipeEvent,
} from "./distill.js";
export { type FinetuneOptions, finetune } from "./finetune.js";
export type { ModelSpec } from "./model-spec.js";
export { type Probe, type ProbeOptions, probe } from "./probe.js";
export type { PreparedEvent } from "./run-written.js";
