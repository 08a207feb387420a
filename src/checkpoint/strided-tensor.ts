/** A tensor as a pickle describes it, a strided view on a storage, read as the row-major bytes that everything else expects. */
import { formatError } from "./format-error.js";
import type { StoredTensor } from "./safetensors.js";
import { byteSize, ITEM_SIZE, type StoredDtype } from "./safetensors-header.js";

/** A run of elements somewhere in a file. */
export class TensorStorage {
  constructor(
    readonly dtype: StoredDtype,
    /** Elements. */
    readonly numel: number,
    /** Bytes from `begin` on, counted from the storage's first. */
    readonly read: (begin: number, length: number) => Uint8Array,
  ) {}
}

export const isWholeNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

const MOST_AXES = 25; // NumPy's and PyTorch's files have no more

/** What a pickle says of a tensor, nothing of it checked but the storage. */
export interface Described {
  storage: TensorStorage;
  offset: unknown;
  shape: unknown;
  stride: unknown;
}

export class StridedTensor implements StoredTensor {
  readonly storage: TensorStorage;
  readonly shape: number[];
  readonly #stride: number[];
  readonly #offset: number;

  constructor({ storage, offset, shape, stride }: Described, where: string) {
    const whole = isWholeNumbers([offset]) && isWholeNumbers(shape) && isWholeNumbers(stride);
    if (!whole || shape.length !== stride.length || shape.length > MOST_AXES)
      throw formatError("a tensor's offset, shape and strides are no whole numbers that go together", { where });
    this.storage = storage;
    [this.#offset, this.shape, this.#stride] = [offset as number, shape, stride];
    this.#check(where);
  }

  get dtype(): StoredDtype {
    return this.storage.dtype;
  }

  /** The elements in row-major order, whatever the strides. */
  get bytes(): Uint8Array {
    const item = ITEM_SIZE[this.dtype];
    const span = this.#span();
    const stored = this.storage.read(this.#offset * item, span * item);
    return this.#isContiguous() ? stored : gather(stored, this.shape, this.#stride, item);
  }

  /** From the first element to behind the last. */
  #span(): number {
    if (this.shape.includes(0)) return 0;
    return this.shape.reduce((span, size, i) => span + (size - 1) * this.#stride[i], 1);
  }

  #isContiguous(): boolean {
    let expected = 1;
    for (let i = this.shape.length - 1; i >= 0; i--) {
      if (this.shape[i] !== 1 && this.#stride[i] !== expected) return this.shape.includes(0);
      expected *= this.shape[i];
    }
    return true;
  }

  #check(where: string): void {
    const { numel, dtype } = this.storage;
    const [span, bytes] = [this.#span(), byteSize(dtype, this.shape)];
    if (!Number.isSafeInteger(bytes) || !Number.isSafeInteger(span))
      throw formatError(`a tensor of shape [${this.shape}] is too large`, { where });
    if (span > 0 && this.#offset + span > numel)
      throw formatError(
        `a tensor of shape [${this.shape}] reaches to element ${this.#offset + span} of a storage of ${numel}; the file is damaged`,
        { where },
      );
  }
}

/** Element by element, the last index running fastest. */
function gather(from: Uint8Array, shape: readonly number[], stride: readonly number[], item: number): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const into = new Uint8Array(count * item);
  const index = shape.map(() => 0);
  for (let element = 0, at = 0; element < count; element++) {
    for (let byte = 0; byte < item; byte++) into[element * item + byte] = from[at * item + byte];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis];
      if (++index[axis] < shape[axis]) break;
      at -= shape[axis] * stride[axis];
      index[axis] = 0;
    }
  }
  return into;
}
