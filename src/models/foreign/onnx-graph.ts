/**
 * What an ONNX file declares, read from its protobuf without running it; and the same model with inner tensors among its outputs: a
 * message that is appended to a file is merged into the one in it. https://protobuf.dev/programming-guides/encoding/,
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { UserError } from "../../user-error.js";

export interface OnnxGraph {
  outputs: string[];
  /** What its operators give, in their order. */
  tensors: { name: string; operator: string }[];
  /** Elements of its weights. */
  parameterCount: number;
}

const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5, output: 12 };
const NODE = { output: 2, operator: 4 };
const TENSOR = { dims: 1 };
const VALUE = { name: 1 };

type Field = { number: number; value: number | Uint8Array };

export function readOnnxGraph(bytes: Uint8Array, file: string): OnnxGraph {
  try {
    const parts = blocks(bytes, MODEL.graph).flatMap((graph) => [...fields(graph)]);
    const of = (number: number) => parts.filter((field) => field.number === number).map(({ value }) => value as Uint8Array);
    if (of(GRAPH.node).length === 0) throw new RangeError("it has no operators");
    return {
      outputs: of(GRAPH.output).map((output) => text(blocks(output, VALUE.name)[0])),
      tensors: of(GRAPH.node).flatMap((node) => {
        const operator = text(blocks(node, NODE.operator)[0]);
        return blocks(node, NODE.output).map((name) => ({ name: text(name), operator }));
      }),
      parameterCount: of(GRAPH.initializer).reduce((sum, weight) => sum + elements(weight), 0),
    };
  } catch (error) {
    throw new UserError("ERR_IMPORTED_MODEL", `is no ONNX model: ${(error as Error).message}`, { where: file, cause: error });
  }
}

/** The model with more of its tensors as outputs. ONNX Runtime finds out their types. */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.map((name) => block(GRAPH.output, block(VALUE.name, Buffer.from(name))));
  return new Uint8Array(Buffer.concat([model, block(MODEL.graph, Buffer.concat(outputs))]));
}

/** The fields of a message, as they stand. */
function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) break;
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number in it breaks off");
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError("it breaks off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const readers: Record<number, () => number | Uint8Array> = {
    0: varint,
    1: () => take(8),
    2: () => take(varint()),
    5: () => take(4),
  };
  while (at < bytes.length) {
    const tag = varint();
    const read = readers[tag % 8];
    if (!read || tag < 8) throw new RangeError("it is no protobuf");
    yield { number: Math.floor(tag / 8), value: read() };
  }
}

const blocks = (bytes: Uint8Array, number: number): Uint8Array[] =>
  [...fields(bytes)]
    .filter((field) => field.number === number && typeof field.value !== "number")
    .map(({ value }) => value as Uint8Array);

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** Of a tensor: its extents multiplied, which stand one by one or packed. */
function elements(tensor: Uint8Array): number {
  const extents = [...fields(tensor)].filter(({ number }) => number === TENSOR.dims).flatMap(({ value }) => (typeof value === "number" ? [value] : unpacked(value))); // biome-ignore format: one row
  return extents.reduce((product, extent) => product * extent, 1);
}

function unpacked(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, shift] = [0, 0];
  for (const byte of bytes) {
    value += (byte & 127) * 2 ** shift;
    shift += 7;
    if (byte < 128) {
      values.push(value);
      [value, shift] = [0, 0];
    }
  }
  return values;
}

function block(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = content.length;
  do {
    length.push((rest % 128) + (rest > 127 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Uint8Array.of(8 * number + 2, ...length), content]);
}
