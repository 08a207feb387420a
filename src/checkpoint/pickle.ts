/**
 * Python's pickles, read as data: the instructions build dicts, lists, numbers and strings, and nothing is run. A name of
 * Python's that is not on the reader's list is refused. https://docs.python.org/3/library/pickletools.html
 */
import type { ByteSource } from "./byte-source.js";
import { Machine, type PickleRules } from "./pickle-machine.js";

export { PickledObject, PickleGlobal, type PickleRules } from "./pickle-machine.js";

// what a checkpoint of fifty thousand tensors takes: a small hostile file must not become gigabytes of empty lists
const MOST_STEPS = 2_000_000;
const LONGEST_NUMBER = 1024;

/** Read one pickle from `begin` on; `end` is where the next thing in the file begins. */
export function unpickle(source: ByteSource, rules: PickleRules, begin = 0): { value: unknown; end: number } {
  const machine = new Machine(source, rules, begin);
  for (let step = 0; step < MOST_STEPS; step++) {
    const at = machine.at;
    const code = machine.take(1)[0];
    if (code === STOP) return { value: machine.pop(), end: machine.at };
    const run = OPCODES[code] ?? machine.fail(`byte ${code} at ${at} is no instruction that PyTorch writes`);
    run(machine);
  }
  return machine.fail(`it has more than ${MOST_STEPS} instructions`);
}

function protocol(m: Machine): void {
  const version = m.number(1);
  if (version < 2 || version > 5) m.fail(`protocol ${version} is unknown (2 to 5 are known)`);
}

/** Two's complement, little-endian. */
function long(m: Machine, width: number): number | bigint {
  const length = m.number(width);
  if (length > LONGEST_NUMBER) m.fail(`a number of ${length} bytes is absurd`);
  const unsigned = m.take(length).reduceRight((high, byte) => (high << 8n) | BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * length, unsigned);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Big-endian, alone among all. */
function double(m: Machine): number {
  const bytes = m.take(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const counted = (m: Machine, width: number): Uint8Array => m.take(m.number(width));

function append(m: Machine, items: unknown[]): void {
  const list = m.top(Array);
  for (const item of items) list.push(item);
}

function add(m: Machine, items: unknown[]): void {
  const set = m.top(Set);
  for (const item of items) set.add(item);
}

function setItems(m: Machine, items: unknown[]): void {
  const dict = m.top(Map);
  if (items.length % 2 !== 0) m.fail("a key has no value");
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

const STOP = 0x2e;

/** What protocols 2 to 5 write, by its byte. */
const OPCODES: Readonly<Record<number, (m: Machine) => void>> = {
  128: protocol, // PROTO
  149: (m) => void m.take(8), // FRAME: a hint for readers of streams

  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.number(4) | 0), // BININT
  75: (m) => m.push(m.number(1)), // BININT1
  77: (m) => m.push(m.number(2)), // BININT2
  138: (m) => m.push(long(m, 1)), // LONG1
  139: (m) => m.push(long(m, 4)), // LONG4
  71: (m) => m.push(double(m)), // BINFLOAT
  140: (m) => m.push(utf8(counted(m, 1))), // SHORT_BINUNICODE
  88: (m) => m.push(utf8(counted(m, 4))), // BINUNICODE
  141: (m) => m.push(utf8(counted(m, 8))), // BINUNICODE8
  85: (m) => m.push(latin1(counted(m, 1))), // SHORT_BINSTRING, Python 2's text
  84: (m) => m.push(latin1(counted(m, 4))), // BINSTRING, Python 2's text
  67: (m) => m.push(counted(m, 1).slice()), // SHORT_BINBYTES
  66: (m) => m.push(counted(m, 4).slice()), // BINBYTES
  142: (m) => m.push(counted(m, 8).slice()), // BINBYTES8
  150: (m) => m.push(counted(m, 8).slice()), // BYTEARRAY8

  40: (m) => m.mark(), // MARK
  41: (m) => m.push([]), // EMPTY_TUPLE
  133: (m) => m.push(m.popped(1)), // TUPLE1
  134: (m) => m.push(m.popped(2)), // TUPLE2
  135: (m) => m.push(m.popped(3)), // TUPLE3
  116: (m) => m.push(m.sinceMark()), // TUPLE
  93: (m) => m.push([]), // EMPTY_LIST
  97: (m) => append(m, m.popped(1)), // APPEND
  101: (m) => append(m, m.sinceMark()), // APPENDS
  125: (m) => m.push(new Map()), // EMPTY_DICT
  115: (m) => setItems(m, m.popped(2)), // SETITEM
  117: (m) => setItems(m, m.sinceMark()), // SETITEMS
  143: (m) => m.push(new Set()), // EMPTY_SET
  144: (m) => add(m, m.sinceMark()), // ADDITEMS
  145: (m) => m.push(new Set(m.sinceMark())), // FROZENSET

  113: (m) => m.memoize(m.number(1)), // BINPUT
  114: (m) => m.memoize(m.number(4)), // LONG_BINPUT
  148: (m) => m.memoize(), // MEMOIZE
  104: (m) => m.recall(m.number(1)), // BINGET
  106: (m) => m.recall(m.number(4)), // LONG_BINGET

  99: (m) => m.global(m.line(), m.line()), // GLOBAL
  147: (m) => m.global(...(m.popped(2) as [unknown, unknown])), // STACK_GLOBAL
  82: (m) => m.call(), // REDUCE
  129: (m) => m.call(), // NEWOBJ
  98: (m) => m.build(), // BUILD
  81: (m) => m.push(m.rules.persistent(m.pop())), // BINPERSID
};
