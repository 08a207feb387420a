/** An error of the engine that libtorch does not word: of the type and with the code that such a mistake has. docs/engine.md lists them. */

type Code = "ERR_TORCH_ADDON" | "ERR_TORCH_ARGUMENT" | "ERR_TORCH_DTYPE" | "ERR_TORCH_SHAPE";

export function refuse(Type: typeof Error | typeof RangeError | typeof TypeError, code: Code, message: string): never {
  throw Object.assign(new Type(message), { code });
}
