/** Many strings in two arrays: a million file names cost their bytes, and threads can share them. */

export interface StringList {
  readonly bytes: Uint8Array; // UTF-8, one after the other
  readonly ends: Uint32Array; // of each string in bytes
}

export function stringList(strings: readonly string[]): StringList {
  const encoded = strings.map((text) => Buffer.from(text));
  const size = encoded.reduce((sum, text) => sum + text.length, 0);
  const bytes = new Uint8Array(size);
  const ends = new Uint32Array(encoded.length);
  let end = 0;
  encoded.forEach((text, i) => {
    bytes.set(text, end);
    ends[i] = end += text.length;
  });
  return { bytes, ends };
}

export function stringAt({ bytes, ends }: StringList, i: number): string {
  const start = i === 0 ? 0 : ends[i - 1];
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, ends[i] - start).toString();
}
