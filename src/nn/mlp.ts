/** A transformer's feed-forward part: widen, GELU, narrow. https://arxiv.org/abs/2010.11929 */

import { type Tensor, tidy } from "../torch/index.js";
import { Dropout } from "./dropout.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";

export class Mlp extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly drop: Dropout;

  constructor(dim: number, hidden: number, { drop = 0 }: { drop?: number } = {}) {
    super();
    this.fc1 = new Linear(dim, hidden);
    this.fc2 = new Linear(hidden, dim);
    this.drop = new Dropout(drop);
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const hidden = tidy(() => x.pipe(this.fc1).gelu().pipe(this.drop)); // [B, N, hidden]; alone by now, where nothing is recorded
      return hidden.pipe(this.fc2).pipe(this.drop); // [B, N, D]
    });
  }
}
