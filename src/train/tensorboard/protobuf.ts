/** The few wire types of Protocol Buffers that an event needs; a field is its number and its bytes. https://protobuf.dev/programming-guides/encoding */

/** A 64-bit float. */
export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), bytes]);
}

/** A 32-bit float. */
export function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 5), bytes]);
}

/** A whole number from 0 up. */
export const integer = (field: number, value: number): Buffer => Buffer.concat([key(field, 0), varint(value)]);

export const string = (field: number, text: string): Buffer => message(field, Buffer.from(text));

/** Fields inside a field. */
export function message(field: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([key(field, 2), varint(content.length), content]);
}

const key = (field: number, wireType: number): Buffer => varint(field * 8 + wireType);

/** Seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
