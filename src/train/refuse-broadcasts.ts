/** A method whose loss is refused when it compares tensors of different models by stretching one over the other. */

import { fileURLToPath } from "node:url";
import type { LossInput, Method } from "../methods/index.js";
import type { Output } from "../models/index.js";
import { type Broadcast, findBroadcasts, type Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";

/** The same method, watched. */
export const refusingBroadcasts = (method: Method): Method => ({
  ...method,
  loss(input, extras) {
    const { result, broadcasts } = findBroadcasts(sourcesOf(input), () => method.loss(input, extras));
    if (broadcasts.length > 0) throw refusal(method.name, broadcasts);
    return result;
  },
});

function sourcesOf({ student, teachers }: LossInput): Record<string, Tensor[]> {
  const named = teachers.map((teacher, i) => [teachers.length > 1 ? `teacher ${i + 1}` : "teacher", tensorsOf(teacher)]);
  return { student: tensorsOf(student), ...Object.fromEntries(named) };
}

const tensorsOf = ({ logits, heads, taps }: Output): Tensor[] => [logits, ...Object.values(heads), ...taps];

function refusal(method: string, broadcasts: readonly Broadcast[]): UserError {
  const told = [...new Set(broadcasts.map(sentence))].join("; ");
  return new UserError(
    "ERR_METHOD_CONTRACT",
    `The loss of the method ${method} compares tensors of different shapes, stretching one over the other: ${told}`,
    {
      remedy:
        "Compare tokens that correspond: choose layers of one grid, or drop the prefixes and merge or pool to one grid with meet and onGrid. " +
        "What is meant is written by unsqueeze, keepdim or expand.",
    },
  );
}

function sentence({ operator, operands, where }: Broadcast): string {
  const shapes = operands
    .filter(({ origins }) => origins.length > 0)
    .map(({ origins, shape }) => `[${shape.join(", ")}] of ${origins.join(" and ")}`);
  const place = where && ` (${fileURLToPath(where.replace(/:\d+$/, "")).replace(`${process.cwd()}/`, "")})`;
  return `${operator.replace(/^\w+::|\..*$/g, "")} of ${shapes.join(" with ")}${place ?? ""}`;
}
