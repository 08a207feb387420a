/** Plain data whose arrays threads share instead of each getting a copy. */

const kept = new WeakMap<object, unknown>();

/** The same value with every typed array in shared memory, copied there once. */
export function shared<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const found = kept.get(value);
  if (found) return found as T;
  const made = ArrayBuffer.isView(value) ? sharedArray(value as unknown as Uint8Array) : sharedFields(value);
  kept.set(value, made);
  return made as T;
}

function sharedArray(array: Uint8Array): Uint8Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Kind = (Buffer.isBuffer(array) ? Uint8Array : array.constructor) as Uint8ArrayConstructor;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}

const sharedFields = (value: object): unknown =>
  Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shared(field)]));
