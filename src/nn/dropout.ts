/** Dropout: zeroes single values in training and scales the rest. https://jmlr.org/papers/v15/srivastava14a.html */

import { dropout, type Tensor } from "../torch/index.js";
import { Module } from "./module.js";

export class Dropout extends Module {
  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  get isActive(): boolean {
    return this.training && this.p > 0;
  }

  forward(x: Tensor): Tensor {
    return this.isActive ? dropout(x, this.p, true) : x;
  }
}
