/** What every optimizer shares: rows of a parameter and its state, stepped many at a time by libtorch's _foreach_ operators. */

import { clearGrads, gradsOf, type Holder, noGrad, type Parameter, type Tensor, tidy, untracked, zeros } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { NamedParameters, ParamGroup } from "./param-groups.js";

/** What a recipe names: `optimizer: adamW({ lr: 5e-4, weightDecay: 0.05 })`. The options are written down with the run. */
export interface OptimizerFactory {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly lr: number;
  /** The optimizer of these parameters, decayed by timm's groups. */
  build(named: NamedParameters, options?: { noWeightDecay?: readonly string[] }): Optimizer;
}

/** All that a resume needs: tensors by key (live, as in a module's state dict) and the steps that each parameter has made. */
export interface OptimizerState {
  tensors: Map<string, Tensor>;
  steps: Record<string, number>;
}

interface Row {
  name: string;
  parameter: Parameter;
  /** One tensor a slot. */
  state: Tensor[];
  steps: number;
}

/** Rows as columns, for the _foreach_ operators. */
export interface Columns {
  parameters: Tensor[];
  gradients: Tensor[];
  /** One list of tensors a slot. */
  state: Tensor[][];
  /** Steps that these parameters have made, this one included. */
  steps: number;
  weightDecay: number;
}

export abstract class Optimizer implements Holder {
  readonly #slots: readonly string[];
  readonly #groups: { rows: Row[]; weightDecay: number }[];
  readonly #parameters: Parameter[];
  lr: number;

  /** `slots` names the state tensors of a parameter, such as `exp_avg`; they begin at zero. */
  constructor(groups: readonly ParamGroup[], { lr, slots }: { lr: number; slots: readonly string[] }) {
    this.lr = lr;
    this.#slots = slots;
    this.#groups = groups.map(({ parameters, weightDecay }) => ({
      rows: parameters.map((entry) => rowOf(entry, slots)),
      weightDecay,
    }));
    this.#parameters = this.#rows().map(({ parameter }) => parameter);
  }

  get parameters(): readonly Parameter[] {
    return this.#parameters;
  }

  /** Steps every parameter that has a gradient; the others keep their state, as in PyTorch. */
  step(lr = this.lr): void {
    this.lr = lr;
    tidy(() =>
      noGrad(() => {
        for (const { rows, weightDecay } of this.#groups) {
          for (const columns of columnsOf(rows, weightDecay)) this.update(columns, lr);
        }
      }),
    );
  }

  protected abstract update(columns: Columns, lr: number): void;

  zeroGrad(): void {
    clearGrads(this.#parameters);
  }

  stateDict(): OptimizerState {
    const rows = this.#rows();
    const tensors = rows.flatMap(({ name, state }) =>
      state.map((tensor, slot): [string, Tensor] => [`${name}.${this.#slots[slot]}`, tensor]),
    );
    return { tensors: new Map(tensors), steps: Object.fromEntries(rows.map(({ name, steps }) => [name, steps])) };
  }

  /** Copies values in; the state must be of the same parameters. */
  loadStateDict({ tensors, steps }: OptimizerState): void {
    const mine = this.stateDict().tensors;
    const fits =
      mine.size === tensors.size && [...mine].every(([key, value]) => String(tensors.get(key)?.shape) === String(value.shape));
    if (!fits)
      throw new UserError("ERR_CHECKPOINT", "This optimizer state belongs to other parameters.", {
        remedy: "Resume with the recipe that wrote it.",
      });
    noGrad(() => {
      for (const [key, value] of mine) value.copy_(tensors.get(key)!);
    });
    for (const row of this.#rows()) row.steps = steps[row.name];
  }

  tensors(): Tensor[] {
    return this.#rows().flatMap(({ state }) => state);
  }

  dispose(): void {
    for (const tensor of this.tensors()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #rows(): Row[] {
    return this.#groups.flatMap(({ rows }) => rows);
  }
}

function rowOf([name, parameter]: readonly [string, Parameter], slots: readonly string[]): Row {
  const { shape, dtype, device } = parameter;
  return { name, parameter, state: untracked(() => slots.map(() => zeros(shape, { dtype, device }))), steps: 0 };
}

/** Rows with a gradient, together where they have made equally many steps (nearly always all). */
function columnsOf(rows: readonly Row[], weightDecay: number): Columns[] {
  const gradients = gradsOf(rows.map(({ parameter }) => parameter));
  const bySteps = new Map<number, Columns>();
  rows.forEach((row, i) => {
    const gradient = gradients[i];
    if (gradient === null) return;
    row.steps += 1;
    const columns = bySteps.get(row.steps) ?? {
      parameters: [],
      gradients: [],
      state: row.state.map(() => []),
      steps: row.steps,
      weightDecay,
    };
    bySteps.set(row.steps, columns);
    columns.parameters.push(row.parameter);
    columns.gradients.push(gradient);
    row.state.forEach((tensor, slot) => columns.state[slot].push(tensor));
  });
  return [...bySteps.values()];
}
