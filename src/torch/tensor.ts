/** A tensor of libtorch, held by an integer handle. The operators are generated; here is what a schema cannot say. */

import { inspect } from "node:util";
import { addon } from "./addon.js";
import { free, handlesOf, setMaker } from "./dispatch.js";
import { arrayOf, type Device, type DType, type TypedArray } from "./dtype.js";
import { TensorOperators } from "./ops.generated.js";
import { refuse } from "./refuse.js";
import { enroll, forget } from "./scope.js";

/** Nested arrays of numbers (or booleans, or bigints), as deep as the tensor has dimensions. */
export type Nested = number | boolean | bigint | Nested[];

/** What `x.pipe(…)` takes: a function or a module. */
export type Pipe<R> = ((x: Tensor) => R) | { forward(x: Tensor): R };

export class Tensor extends TensorOperators {
  /** The integer that libtorch's tensor is known by; 0 once it was freed. */
  handle: number;
  #shape: number[] | undefined;

  /** For the engine: takes over a handle that the addon returned. */
  constructor(handle: number) {
    super();
    this.handle = handle;
    enroll(this);
  }

  get shape(): number[] {
    this.#shape ??= addon.shape(this.handle);
    return this.#shape;
  }
  get dim(): number {
    return this.shape.length;
  }
  get numel(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }
  get dtype(): DType {
    return addon.dtype(this.handle) as DType;
  }
  get device(): Device {
    return addon.device(this.handle);
  }
  /** The extent of one dimension; negative counts from the end. */
  size(dim: number): number {
    return (
      this.shape.at(dim) ??
      refuse(RangeError, "ERR_TORCH_SHAPE", `size: dimension ${dim} of a tensor with ${this.dim} dimensions`)
    );
  }

  get requiresGrad(): boolean {
    return addon.requiresGrad(this.handle);
  }
  requiresGrad_(on = true): this {
    addon.setRequiresGrad(this.handle, on);
    return this;
  }
  /** The accumulated gradient, a new handle to it each time; null when there is none. */
  get grad(): Tensor | null {
    const handle = addon.gradOf(this.handle);
    return handle === 0 ? null : new Tensor(handle);
  }
  set grad(gradient: Tensor | null) {
    addon.setGrad(this.handle, gradient?.handle ?? null);
  }
  /** Adds the gradients of this tensor (a scalar, unless `gradient` is given) to the leaves it came from. */
  backward({ gradient = null, retainGraph = false, createGraph = false }: BackwardOptions = {}): void {
    addon.backward([this.handle], gradient && [gradient.handle], retainGraph || createGraph, createGraph);
  }

  /** The one element, as a number (int64 beyond 2^53 loses digits; `data()` does not). */
  item(): number {
    return Number(addon.item(this.handle));
  }
  /** A copy of the elements in row-major order; float16 and bfloat16 as their 16 bits. */
  data(): TypedArray {
    return new arrayOf[this.dtype](addon.toBuffer(this.handle));
  }
  /** Nested arrays of numbers. */
  toArray(): Nested {
    const wide = this.dtype === "float16" || this.dtype === "bfloat16" ? this.to({ dtype: "float32" }) : this;
    const flat = Array.from(wide.data() as ArrayLike<number | bigint>, Number);
    if (wide !== this) wide.dispose();
    return nest(flat, this.shape);
  }

  pipe<R>(next: Pipe<R>): R {
    return typeof next === "function" ? next(this) : next.forward(this);
  }

  /** Frees the tensor now. Calling it again does nothing. */
  dispose(): void {
    if (this.handle !== 0) free(this.surrender());
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  /** For the engine: gives the handle up, to be freed by the caller. */
  surrender(): number {
    const handle = this.handle;
    forget(this);
    // the shape stays readable for error messages about what was freed
    this.handle = 0;
    return handle;
  }

  [inspect.custom](): string {
    if (this.handle === 0) return "Tensor(freed)";
    const values = this.numel <= 64 ? ` ${JSON.stringify(this.toArray())}` : "";
    return `Tensor(${this.dtype}[${this.shape}]${this.device === "cpu" ? "" : ` on ${this.device}`}${values})`;
  }
}

setMaker((handle) => new Tensor(handle));

export interface BackwardOptions {
  /** The gradient of some scalar with respect to this tensor; needed unless this is a scalar itself. */
  gradient?: Tensor | null;
  retainGraph?: boolean;
  createGraph?: boolean;
}

/** A trainable tensor: the part of a module that `parameters()` lists. It takes over the tensor it is made from, as a leaf. */
export class Parameter extends Tensor {
  constructor(data: Tensor, { requiresGrad = true }: { requiresGrad?: boolean } = {}) {
    super(asLeaf(data, requiresGrad).surrender());
  }
}

/** Without the history that `data` may have: a gradient gathers in leaves only. */
function asLeaf(data: Tensor, requiresGrad: boolean): Tensor {
  if (!data.requiresGrad) return data.requiresGrad_(requiresGrad);
  const leaf = data.detach().requiresGrad_(requiresGrad);
  data.dispose();
  return leaf;
}

/** The gradients of many tensors in one call; null where there is none. */
export function gradsOf(tensors: readonly Tensor[]): (Tensor | null)[] {
  return addon.gradsOf(handlesOf(tensors)).map((handle) => (handle === 0 ? null : new Tensor(handle)));
}

/** Drops the gradients of many tensors in one call. */
export function clearGrads(tensors: readonly Tensor[]): void {
  addon.clearGrads(handlesOf(tensors));
}

function nest(flat: number[], shape: readonly number[]): Nested {
  if (shape.length === 0) return flat[0];
  if (shape.length === 1) return flat;
  const width = shape.slice(1).reduce((product, extent) => product * extent, 1);
  return Array.from({ length: shape[0] }, (_, i) => nest(flat.slice(i * width, (i + 1) * width), shape.slice(1)));
}
