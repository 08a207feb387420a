/** The stack, the marks and the memo of a pickle that is being read, and the refusal of every name that is not on the list. */
import type { ErrorCode } from "../error-codes.js";
import { UserError } from "../user-error.js";
import type { ByteSource } from "./byte-source.js";

/** A name of Python's that pickles may hold. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** What stands for calling it: a plain function of ours from the pickled arguments. Without it a call is refused. */
    readonly call?: (args: unknown[]) => unknown,
  ) {}
}

/** An object of which the fields alone are kept. */
export class PickledObject {
  readonly fields = new Map<unknown, unknown>();
  constructor(readonly type: string) {}
}

export interface PickleRules {
  globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id stands for: something that lies outside the pickle. */
  persistent(id: unknown): unknown;
}

const WINDOW = 1 << 16;
const LONGEST_LINE = 1000;

export class Machine {
  stack: unknown[] = [];
  readonly #outer: unknown[][] = [];
  readonly #memo = new Map<number, unknown>();
  #window: Uint8Array = new Uint8Array();
  #windowBegin = 0;

  constructor(
    readonly source: ByteSource,
    readonly rules: PickleRules,
    public at: number,
  ) {}

  fail(how: string, code: ErrorCode = "ERR_WEIGHTS_FORMAT"): never {
    throw new UserError(code, `its pickle is refused: ${how}`, { where: this.source.name });
  }

  take(length: number): Uint8Array {
    if (length > this.source.size - this.at) this.fail("it breaks off; the file is truncated or damaged");
    const begin = this.at;
    this.at += length;
    if (length > WINDOW) return this.source.read(begin, length);
    if (begin < this.#windowBegin || begin + length > this.#windowBegin + this.#window.length) {
      this.#windowBegin = begin;
      this.#window = this.source.read(begin, Math.min(WINDOW, this.source.size - begin));
    }
    return this.#window.subarray(begin - this.#windowBegin, begin - this.#windowBegin + length);
  }

  /** The little-endian whole number of `width` bytes. */
  number(width: number): number {
    const value = this.take(width).reduceRight((high, byte) => high * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : this.fail("a length is absurd");
  }

  /** Up to the end of the line, without it. */
  line(): string {
    let text = "";
    for (let byte = this.take(1)[0]; byte !== 0x0a; byte = this.take(1)[0]) {
      if (text.length === LONGEST_LINE) this.fail("a name has no end");
      text += String.fromCharCode(byte);
    }
    return text;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    return this.popped(1)[0];
  }

  /** The dict, list or set on top of the stack. */
  top<T extends object>(kind: new () => T): T {
    const value = this.stack.at(-1);
    return value instanceof kind ? value : this.fail(`something is put into what is no ${kind.name.toLowerCase()}`);
  }

  mark(): void {
    this.#outer.push(this.stack);
    this.stack = [];
  }

  /** What was pushed since the last mark. */
  sinceMark(): unknown[] {
    const items = this.stack;
    this.stack = this.#outer.pop() ?? this.fail("a mark is missing");
    return items;
  }

  /** The last `count` values, in the order pushed. */
  popped(count: number): unknown[] {
    return this.stack.length >= count ? this.stack.splice(-count) : this.fail("its stack is empty too early");
  }

  memoize(index = this.#memo.size): void {
    const value = this.pop();
    this.#memo.set(index, value);
    this.push(value);
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) this.fail(`it refers to value ${index}, which it never kept`);
    this.push(this.#memo.get(index));
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") this.fail("a name is no text");
    const full = `${module}.${name}`.replace(/^__builtin__\./, "builtins.");
    const known = this.rules.globals.get(full);
    if (!known)
      throw new UserError(
        "ERR_UNSAFE_PICKLE",
        `it asks for Python's ${quote(full)}, which is not among the names that weights need; nothing was run`,
        {
          where: this.source.name,
          remedy: "If you trust the file, load it in Python and save the state dict alone: torch.save(model.state_dict(), …).",
        },
      );
    this.push(known);
  }

  call(): void {
    const [args, callee] = [this.pop(), this.pop()];
    if (!(callee instanceof PickleGlobal) || !callee.call) {
      const what = callee instanceof PickleGlobal ? `Python's ${callee.name}` : "something that is no function";
      this.fail(`it calls ${what}; nothing was run`, "ERR_UNSAFE_PICKLE");
    }
    if (!Array.isArray(args)) this.fail(`it calls ${callee.name} without arguments`);
    this.push(callee.call(args));
  }

  /** Attributes of a state dict (`_metadata`) are of no use here; objects keep theirs. */
  build(): void {
    const state = this.pop();
    const target = this.stack.at(-1);
    if (target instanceof Map || (target instanceof PickledObject && Array.isArray(state))) return;
    if (!(target instanceof PickledObject) || !(state instanceof Map)) this.fail("it sets the state of what has none");
    for (const [key, value] of state) target.fields.set(key, value);
  }
}

// a damaged file can hold names of megabytes and control characters
function quote(name: string): string {
  const plain = /^[\w.]+$/.test(name) ? name : JSON.stringify(name);
  return plain.length > 120 ? `${plain.slice(0, 100)}…` : plain;
}
