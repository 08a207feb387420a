/**
 * The way back, one operator at a time. The backward pass runs inside libtorch and is not seen at the seam; but every tensor of the
 * forward pass is, and may be asked for its gradient afterwards. The last of them whose gradient is not finite, in the order in which
 * they were made, got it from an operator whose own outputs had finite ones: there it began.
 */

import { addon } from "./addon.js";
import { listen, type OperatorEvent } from "./dispatch.js";
import { allFinite, extentOf, rowsNotFinite, sameTensor } from "./extent.js";
import { lineAt, type Origin, type Whereabouts } from "./non-finite.js";
import { operandsOf, resultsOf } from "./operator-event.js";
import type { Tensor } from "./tensor.js";

interface Passage<Place> {
  operator: string;
  place: Place;
  line: string | null;
  /** Numbers of tensors on the tape. */
  inputs: { name: string; at: number }[];
  outputs: number[];
}

/** Gradients that are held at once. */
const AT_ONCE = 32;

/** Holds every tensor with a history that passes while it records, until it is disposed: the memory of all that a step computes. */
export class Tape<Place extends Whereabouts> implements Disposable {
  readonly #passages: Passage<Place>[] = [];
  readonly #kept: number[] = []; // handles, in the order in which they were made
  readonly #places = new Map<number, number>(); // of live handles, on the tape
  readonly #place: () => Place;

  constructor(place: () => Place) {
    this.#place = place;
  }

  record<T>(fn: () => T): T {
    const forget = (handles: readonly number[]) => handles.forEach((handle) => this.#places.delete(handle));
    const stop = listen((event) => this.#note(event), { freed: forget });
    try {
      return fn();
    } finally {
      stop();
    }
  }

  #note(event: OperatorEvent): void {
    const results = resultsOf(event).filter((handle) => addon.requiresGrad(handle));
    if (results.length === 0) return;
    const inputs = operandsOf(event).filter(({ handle }) => addon.requiresGrad(handle));
    this.#passages.push({
      operator: event.operator,
      place: this.#place(),
      line: lineAt(this.#place()),
      inputs: inputs.map(({ name, handle }) => ({ name, at: this.#places.get(handle) ?? this.#keep(handle) })),
      outputs: results.map((handle) => this.#keep(handle)),
    });
  }

  #keep(handle: number): number {
    const at = this.#kept.push(sameTensor(handle)) - 1;
    this.#places.set(handle, at);
    return at;
  }

  /** Where the gradient of a scalar ceases to be finite on its way back; undefined where it arrives whole. */
  blame({ handle: scalar }: Tensor): Origin<Place> | undefined {
    const at = this.#lastBroken(scalar);
    if (at === undefined) return undefined;
    const passage = this.#culprit(scalar, at);
    if (passage === undefined) return undefined;
    const { operator, place, line, inputs, outputs } = passage;
    const [broken] = this.#gradients(scalar, [at]);
    const arriving = this.#gradients(scalar, outputs).flatMap((gradient, i) => (gradient === 0 ? [] : [{ gradient, i }]));
    const origin = {
      source: null,
      operator: `backward of ${operator}`,
      place,
      line,
      inputs: [
        ...inputs.map(({ name, at }) => extentOf(name, { handle: this.#kept[at] })),
        ...arriving.map(({ gradient }) => extentOf("gradient of the output", { handle: gradient })),
      ],
      output: extentOf(`gradient of ${inputs.find((input) => input.at === at)!.name}`, { handle: broken }),
      rows: rowsNotFinite({ handle: broken }, place),
    };
    addon.dispose([broken, ...arriving.map(({ gradient }) => gradient)]);
    return origin;
  }

  /** The last tensor on the tape whose gradient is not finite. */
  #lastBroken(scalar: number): number | undefined {
    for (let end = this.#kept.length; end > 0; end -= AT_ONCE) {
      const begin = Math.max(0, end - AT_ONCE);
      const gradients = this.#gradients(
        scalar,
        this.#kept.slice(begin, end).map((_, i) => begin + i),
      );
      const found = gradients.findLastIndex((gradient) => gradient !== 0 && !allFinite({ handle: gradient }));
      addon.dispose(gradients.filter((gradient) => gradient !== 0));
      if (found >= 0) return begin + found;
    }
    return undefined;
  }

  /** Of the operators that took it, the one through which its gradient breaks; the last where none does alone. */
  #culprit(scalar: number, at: number): Passage<Place> | undefined {
    const takers = this.#passages.filter(({ inputs }) => inputs.some((input) => input.at === at));
    return takers.length < 2 ? takers[0] : (takers.findLast((taker) => this.#breaks(scalar, taker, at)) ?? takers.at(-1));
  }

  #breaks(scalar: number, { outputs }: Passage<Place>, at: number): boolean {
    const arriving = this.#gradients(scalar, outputs);
    const reached = outputs.flatMap((output, i) =>
      arriving[i] === 0 ? [] : [{ output: this.#kept[output], gradient: arriving[i] }],
    );
    if (reached.length === 0) return false;
    const [outgoing] = addon.grad(
      reached.map(({ output }) => output),
      [this.#kept[at]],
      reached.map(({ gradient }) => gradient),
      true,
      false,
      true,
    );
    const broken = outgoing !== 0 && !allFinite({ handle: outgoing });
    addon.dispose([...reached.map(({ gradient }) => gradient), ...(outgoing === 0 ? [] : [outgoing])]);
    return broken;
  }

  #gradients(scalar: number, places: readonly number[]): number[] {
    const handles = places.map((at) => this.#kept[at]);
    return addon.grad([scalar], handles, null, true, false, true);
  }

  [Symbol.dispose](): void {
    addon.dispose(this.#kept);
    this.#kept.length = 0;
  }
}
