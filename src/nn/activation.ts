/** The activations that stand alone in a row of layers. */

import type { Tensor } from "../torch/index.js";
import { Module } from "./module.js";

export class Relu extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** x Φ(x), by the error function. https://arxiv.org/abs/1606.08415 */
export class Gelu extends Module {
  forward(x: Tensor): Tensor {
    return x.gelu();
  }
}
