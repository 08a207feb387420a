/** Curves for TensorBoard, beside metrics.jsonl. */

export { EventFile, type EventFileOptions, type Scalar } from "./event-file.js";
export { scalarsOf } from "./scalars.js";
