/** The public face: everything a recipe, a method or a program needs. */

export * from "./augment/index.js";
export * from "./checkpoint/index.js";
export * from "./data/index.js";
export { type ErrorCode, errorCodes } from "./error-codes.js";
export * from "./methods/index.js";
export * from "./models/index.js";
export * from "./nn/index.js";
export * from "./optim/index.js";
export * from "./torch/index.js";
export * from "./train/index.js";
export { UserError } from "./user-error.js";
