/** The training loop, evaluation, recipes and the run folder. */

export { type Balance, type BalanceEvent, measureBalance } from "./balance.js";
export { type CheckpointFile, checkpointsOf, newestWhole } from "./checkpoints.js";
export type { Change, Paint } from "./differences.js";
export {
  type Check,
  type ClassSort,
  classOrder,
  type Diagnosis,
  type DoctorOptions,
  doctor,
  type Finding,
  type Severity,
} from "./doctor/index.js";
export { type EvaluateOptions, type Evaluation, evaluate, type Scores } from "./evaluate.js";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate-run.js";
export {
  type Answer,
  type Answers,
  agreement,
  type ClassScore,
  type ConfusionEntry,
  calibrationError,
  classScores,
  confusion,
  type Missed,
  type MissedPicture,
  missed,
  type ReliabilityBin,
  type Report,
  reliability,
  reportOf,
  writeReports,
} from "./evaluation/index.js";
export type { BadEvent, BeginEvent, EndEvent, EvalEvent, NoteEvent, StepEvent, TrainEvent } from "./events.js";
export type { FirstWeights } from "./first-weights.js";
export { ChangedRun } from "./identity.js";
export { loadRecipe } from "./load-recipe.js";
export type { MaskedTeacher } from "./masked-teacher.js";
export {
  type Fault,
  type FaultEvent,
  type NamedPicture,
  type Replay,
  type ReplayOptions,
  replay,
  sentenceOf,
} from "./non-finite/index.js";
export {
  type ChoiceEvent,
  type DistillOptions,
  distill,
  type FinetuneOptions,
  finetune,
  type ModelSpec,
  type OneLineEvent,
  type OneLineOptions,
  type PreparedEvent,
  type Probe,
  type ProbeOptions,
  probe,
  type RecipeEvent,
} from "./one-line/index.js";
export { type MethodPlan, type Plan, type PlanOptions, type PlayerPlan, plan, type StepTimes } from "./plan.js";
export { choosePrecision, type Precision, type PrecisionChoice, type PrecisionTimes } from "./precision.js";
export { type Preview, type PreviewOptions, preview } from "./preview.js";
export {
  type Accumulation,
  checkRecipe,
  defineRecipe,
  type Keep,
  type NonFinite,
  type Recipe,
  type RecipeData,
  type RecipeFactory,
  type RecipeOptions,
} from "./recipe.js";
export { type RecipeSource, type ResolvedRecipe, recipeSource, runSource } from "./resolved-recipe.js";
export {
  type BalanceRow,
  claimRunFolder,
  createRunFolder,
  type EvalRow,
  type FaultRow,
  type MetricsRow,
  openRunFolder,
  RunFolder,
  type TrainRow,
} from "./run-folder.js";
export { type RunRecipeOptions, runRecipe } from "./run-recipe.js";
export { Session, type SessionOptions, type StepReport } from "./session.js";
export type { Pace, Summary, SummaryRow } from "./summary.js";
export { type CacheCheck, type CacheRunOptions, type FillEvent, fillCache, verifyCache } from "./teacher-cache.js";
export { type TrainOptions, train } from "./train.js";
export { type Proof, type VerifyOptions, verifyRun } from "./verify.js";
export { type Pictures, type View, viewOf } from "./view.js";
