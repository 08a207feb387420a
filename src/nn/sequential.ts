/** Layers in a row, under the keys 0, 1, … */

import type { Tensor } from "../torch/index.js";
import { type Layer, Module } from "./module.js";

export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  protected override fields(): [string, unknown][] {
    return Object.entries(this.layers);
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }
}
