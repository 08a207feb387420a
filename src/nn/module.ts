/** A module is its fields: parameters, buffers (plain tensors) and children, found by walking them in the order declared. */

import { clearGrads, type Device, type DType, type Holder, Parameter, Tensor, untracked } from "../torch/index.js";
import { type Difference, loadState, type StateDict } from "./state-dict.js";

/** The state-dict key of a field: `patchEmbed` → `patch_embed`. */
const keyOf = (field: string): string => field.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

export abstract class Module implements Holder {
  training = true;

  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** The fields that are walked. Private (`#`) fields and what is neither tensor nor module are no part of the state. */
  protected fields(): [string, unknown][] {
    return Object.entries(this);
  }

  /** The modules right below: a field that is one, or the items `name.0`, `name.1`, … of a field that is an array. */
  children(): [string, Module][] {
    return this.fields().flatMap(([field, value]): [string, Module][] => {
      if (value instanceof Module) return [[keyOf(field), value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, i): [string, Module][] => (item instanceof Module ? [[`${keyOf(field)}.${i}`, item]] : []));
    });
  }

  /** This module and all below it, parents first. */
  namedModules(prefix = ""): [string, Module][] {
    const below = this.children().flatMap(([key, child]) => child.namedModules(join(prefix, key)));
    return [[prefix, this], ...below];
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Each parameter once, under the first name that leads to it. */
  namedParameters(): [string, Parameter][] {
    return once([...this.stateDict()].filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter));
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedBuffers(): [string, Tensor][] {
    return once([...this.stateDict()].filter(([, value]) => !(value instanceof Parameter)));
  }

  /** The live tensors under timm's keys, in PyTorch's order: parameters, then buffers, then children. */
  stateDict(): StateDict {
    return new Map(
      this.namedModules().flatMap(([prefix, module]) =>
        module.#own().map(([field, value]) => [join(prefix, keyOf(field)), value]),
      ),
    );
  }

  /** Copies values in. Strict: every key must be there and no other; a wrong shape is refused either way, before any copy. */
  loadStateDict(state: StateDict, { strict = true }: { strict?: boolean } = {}): Difference {
    return loadState(this.stateDict(), state, { strict });
  }

  tensors(): Tensor[] {
    return [...new Set(this.stateDict().values())];
  }

  /** New tensors in place of the old: make the optimizer afterwards. Integer buffers keep their dtype. */
  to({ dtype, device }: { dtype?: DType; device?: Device }): this {
    const before = this.tensors();
    const after = untracked(() => new Map(before.map((tensor) => [tensor, converted(tensor, dtype, device)])));
    for (const module of this.modules()) {
      for (const [field, tensor] of module.#own()) (module as unknown as Record<string, Tensor>)[field] = after.get(tensor)!;
    }
    for (const tensor of before) if (after.get(tensor) !== tensor) tensor.dispose();
    return this;
  }

  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(on);
    return this;
  }

  zeroGrad(): void {
    clearGrads(this.parameters());
  }

  parameterCount(): number {
    return this.parameters().reduce((count, parameter) => count + parameter.numel, 0);
  }

  dispose(): void {
    for (const tensor of this.tensors()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #own(): [string, Tensor][] {
    const own = this.fields().filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor);
    return [
      ...own.filter(([, value]) => value instanceof Parameter),
      ...own.filter(([, value]) => !(value instanceof Parameter)),
    ];
  }
}

/** A module that maps one tensor to one. */
export type Layer = Module & { forward(x: Tensor): Tensor };

const join = (prefix: string, key: string): string => (prefix === "" ? key : `${prefix}.${key}`);

function once<T>(named: [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return named.filter(([, value]) => !seen.has(value) && seen.add(value));
}

function converted(value: Tensor, dtype: DType | undefined, device: Device | undefined): Tensor {
  const target = isFloating(value) ? dtype : undefined;
  if ((target ?? value.dtype) === value.dtype && (device ?? value.device) === value.device) return value;
  using detached = value.detach();
  const copy = detached.to({ dtype: target, device });
  return value instanceof Parameter ? new Parameter(copy, { requiresGrad: value.requiresGrad }) : copy;
}

const isFloating = ({ dtype }: Tensor): boolean => dtype.includes("float");
