/**
 * Every code that an error of ours can have: what a program and a test go by, because sentences may be reworded. A code names a
 * kind of mistake, not a place. Codes of the engine (`ERR_TORCH_…`) come from `src/torch` and `native/`. `npm run errors` writes
 * this table into docs/errors.md.
 */
export const errorCodes = {
  // what was typed or written into a recipe
  ERR_USAGE: "a wrong command line, or options that do not go together",
  ERR_INVALID_OPTION: "an option or argument whose value it does not take",
  ERR_UNKNOWN_OPTION: "an option that is not known",
  ERR_UNKNOWN_MODEL: "a model name that is not in the table",
  ERR_UNKNOWN_METHOD: "a method name that is not known",
  ERR_UNKNOWN_TAP: "an intermediate that the model does not name",
  ERR_RECIPE: "a recipe file that cannot be loaded, or is no recipe",
  ERR_RECIPE_SYNTAX: "a recipe file that does not parse",
  ERR_RECIPE_CHANGED: "a recipe, pictures or weights that differ from those the run began with",
  ERR_DEVICE: "a device that is not there",
  ERR_PRECISION: "a precision that the device does not have",

  // files
  ERR_FILE: "a file or folder that is not there, or cannot be read or written; where Node said so, its error is the `cause`",
  ERR_WEIGHTS_FORMAT: "a weight file that is damaged or of an unknown form, or tensors that no such file can hold",
  ERR_UNSAFE_PICKLE: "a pickle that asks for more than weights need; nothing of it was run",
  ERR_STATE_DICT: "a state dict that has to be named, or is not in the file",
  ERR_WEIGHTS_MISMATCH: "weights that do not fit the model",
  ERR_NO_WEIGHTS: "a model that needs weights and was given none, or a run that has none to give",
  ERR_CHECKPOINT: "a checkpoint that is damaged, or does not hold what the run needs",
  ERR_RUN_FOLDER: "a folder that holds no run or a damaged one, or a run where none may be",
  ERR_RUN_LOCKED: "a run folder that another process is writing to",
  ERR_CACHE: "a teacher cache that is missing, damaged, or of another teacher",
  ERR_IMPORTED_MODEL: "an ONNX or TorchScript file that cannot be run as a model",
  ERR_MISSING_PACKAGE: "an optional package that is not installed",

  // data
  ERR_DATA: "data that cannot be used",
  ERR_DATA_NOT_FOUND: "data that is not where it was looked for",
  ERR_DATA_FORMAT: "data in a form that is not known, or damaged",
  ERR_DATA_LABELS: "labels that do not fit the samples or the classes",
  ERR_DATA_EMPTY: "a data set with no samples, or too few",
  ERR_NO_LABELS: "data without labels where labels are needed",
  ERR_DATA_WORKER: "a thread that prepares pictures: it broke down, or was dismissed while it was needed",
  ERR_AUGMENTATION: "augmentation steps that do not go together, or with the pictures",

  // what does not go together
  ERR_MODEL_CONFIG: "sizes that do not make a model",
  ERR_INPUT_SHAPE: "pictures of another size or number of channels than the model takes",
  ERR_CLASSES: "models or data that tell other classes apart",
  ERR_TEACHERS: "teachers that the method or the student cannot be taught by",
  ERR_UNFIT_TEACHER: "a teacher that the doctor finds unfit to teach",
  ERR_LAYER_MAP: "layers that cannot be matched",
  ERR_PATCH_GRID: "patch grids that cannot be told, or compared",

  // while it runs
  ERR_METHOD_CONTRACT: "a method, student, teacher or optimizer that breaks the rules of a step",
  ERR_NON_FINITE: "values that are not finite, more often than the recipe allows",
  ERR_INTERRUPTED: "work that was stopped by a signal",
  ERR_REPLAY: "a run that does not give the same numbers again, or cannot be run again",
} as const;

export type ErrorCode = keyof typeof errorCodes | `ERR_TORCH${string}`;

/** The code that an error has, for one that tells the same with more around it; `otherwise` where it has none of ours. */
export function codeOf(error: unknown, otherwise: ErrorCode): ErrorCode {
  const code = String((error as { code?: unknown }).code);
  return Object.hasOwn(errorCodes, code) || code.startsWith("ERR_TORCH") ? (code as ErrorCode) : otherwise;
}
