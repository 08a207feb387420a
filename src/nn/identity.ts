/** Gives back what it gets: a place that a head or a branch can leave empty. */

import type { Tensor } from "../torch/index.js";
import { Module } from "./module.js";

export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
