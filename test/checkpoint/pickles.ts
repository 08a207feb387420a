/** Pickles written by hand, byte by byte, in protocol 2. https://docs.python.org/3/library/pickletools.html */

export const bytes = (...parts: (Uint8Array | string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part as string, "latin1"))));

export const pickle = (...parts: (Uint8Array | string | number)[]): Uint8Array => bytes("\x80\x02", ...parts, ".");

/** A text of less than 256 bytes. */
export const text = (value: string): Uint8Array => bytes("X", value.length, 0, 0, 0, value);

/** Python's name, as protocol 2 writes it. */
export const global = (module: string, name: string): Uint8Array => bytes(`c${module}\n${name}\n`);

/** A call: the callee, the arguments, REDUCE. */
export const call = (callee: Uint8Array, ...args: Uint8Array[]): Uint8Array => bytes(callee, "(", ...args, "tR");

/** What torch.save wrote before 1.6: magic, protocol, system, the object, the storages' keys; `storages` follow as they are. */
export const legacy = (object: Uint8Array, keys: Uint8Array = pickle("]"), storages: Uint8Array = new Uint8Array()): Uint8Array =>
  bytes(
    pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"),
    pickle("M\xe9\x03"),
    pickle("}(", text("little_endian"), "\x88u"),
    object,
    keys,
    storages,
  );

const size = (value: number): Uint8Array => bytes("J", value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24);

interface TensorOptions {
  type?: string;
  key?: string;
  numel: number;
  offset?: number;
  shape: readonly number[];
  stride: readonly number[];
}

/** A tensor of PyTorch on the storage `key`. */
export const tensor = ({ type = "FloatStorage", key = "0", numel, offset = 0, shape, stride }: TensorOptions): Uint8Array =>
  call(
    global("torch._utils", "_rebuild_tensor_v2"),
    bytes("(", text("storage"), global("torch", type), text(key), text("cpu"), size(numel), "tQ"),
    size(offset),
    bytes("(", ...shape.map(size), "t"),
    bytes("(", ...stride.map(size), "t"),
    bytes("\x89"),
    call(global("collections", "OrderedDict")),
  );

/** A dict of text keys. */
export const dict = (entries: Record<string, Uint8Array>): Uint8Array =>
  bytes("}(", ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), "u");
