/** Loading a state dict: all differences are told in one error, and nothing is copied before they are. */

import { noGrad, type Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";

/** Tensors under timm's keys, in PyTorch's order. */
export type StateDict = Map<string, Tensor>;

export interface Difference {
  /** Keys that the module has and the state has not. */
  missing: string[];
  /** Keys that the state has and the module has not. */
  unexpected: string[];
}

/** Copies the values of `state` into the tensors of `target`. */
export function loadState(target: StateDict, state: StateDict, { strict }: { strict: boolean }): Difference {
  const missing = [...target.keys()].filter((key) => !state.has(key));
  const unexpected = [...state.keys()].filter((key) => !target.has(key));
  const shared = [...target.keys()].filter((key) => state.has(key));
  const misshapen = shared.filter((key) => shapeOf(target, key) !== shapeOf(state, key));

  const faults = [
    ...(strict ? list("missing", missing) : []),
    ...(strict ? list("unexpected", unexpected) : []),
    ...list(
      "of another shape",
      misshapen.map((key) => `${key} is ${shapeOf(state, key)}, the model needs ${shapeOf(target, key)}`),
    ),
  ];
  if (faults.length > 0) throw new UserError("ERR_WEIGHTS_MISMATCH", `The weights do not fit the model:\n${faults.join("\n")}`);

  noGrad(() => {
    for (const key of shared) target.get(key)!.copy_(state.get(key)!);
  });
  return { missing, unexpected };
}

const shapeOf = (state: StateDict, key: string): string => `[${state.get(key)!.shape.join(", ")}]`;

// a whole model may be missing: enough lines to see the pattern
const SHOWN = 12;

function list(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length > SHOWN ? [`    … and ${lines.length - SHOWN} more`] : [];
  return [`  ${lines.length} ${title}:`, ...lines.slice(0, SHOWN).map((line) => `    ${line}`), ...rest];
}
