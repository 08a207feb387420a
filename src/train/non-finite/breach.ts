/** A step that was not taken, because something in it is not a finite number. */

import type { Tensor } from "../../torch/index.js";

/** What a step changes besides the weights: enough to take it again. */
export interface Before {
  /** The random streams. */
  random: Map<string, Tensor>;
  /** The models' buffers, such as a batch norm's running statistics. */
  buffers: Map<string, Tensor>;
}

export interface Breach {
  /** What was not finite: a loss term, the norm of the gradients, or the weights that they would have made. */
  kind: "term" | "gradient" | "update";
  /** The terms that were not finite, or the parameters. */
  names: string[];
  lr: number;
  /** As it was before the step; whoever takes the breach frees it. */
  before: Before;
}
