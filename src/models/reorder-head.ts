/** Classes in another order: for weights that were trained on the same classes sorted otherwise. */

import { noGrad, tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { isHead } from "./likely-models.js";
import type { Model } from "./model.js";

/** Moves the rows of every head in place, so that what was output j becomes output `order[j]`; the model comes back. */
export function reorderHead<M extends Model>(model: M, order: readonly number[]): M {
  const { name, numClasses } = model.info;
  const places = [...order].sort((a, b) => a - b);
  if (places.length !== numClasses || places.some((place, i) => place !== i))
    throw new UserError(
      "ERR_CLASSES",
      `The new order for ${name} must name each of its ${numClasses} classes, 0 to ${numClasses - 1}, once`,
    );
  tidy(() => {
    const from = tensor(BigInt64Array.from(order.map((_, place) => BigInt(order.indexOf(place))))); // [classes]
    noGrad(() => {
      for (const [key, rows] of model.stateDict()) {
        if (isHead(key) && rows.size(0) === numClasses) rows.copy_(rows.indexSelect(0, from.to({ device: rows.device })));
      }
    });
  });
  return model;
}
