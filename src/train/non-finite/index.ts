/** Steps in which something is NaN or Inf: left out, traced to their origin, captured and replayed. */

export type { Breach } from "./breach.js";
export type { Finding, Place } from "./examine.js";
export type { Fault, NamedPicture } from "./fault.js";
export { type FaultEvent, Faults } from "./faults.js";
export { type Replay, type ReplayOptions, replay } from "./replay.js";
export { sentenceOf } from "./sentence.js";
