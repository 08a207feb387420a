/** The index of weights that are spread over several files. https://huggingface.co/docs/transformers/big_models */
import { basename } from "node:path";
import type { ByteSource } from "./byte-source.js";
import { formatError } from "./format-error.js";

const LARGEST = 100_000_000;

/** Which file beside the index holds each key. */
export function parseShardIndex(source: ByteSource): Map<string, string> {
  const where = source.name;
  if (source.size > LARGEST) throw formatError(`an index of ${source.size} bytes is absurd`, { where });
  const map = (parseJson(source) as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw formatError("it is JSON, but no index of weight files: it has no weight_map", { where });
  for (const [key, file] of Object.entries(map)) {
    if (typeof file !== "string" || file !== basename(file) || /^\.*$|[\\\0]/.test(file))
      throw formatError(`weight_map ${JSON.stringify(key.slice(0, 80))} names no file beside the index`, { where });
  }
  return new Map(Object.entries(map));
}

function parseJson(source: ByteSource): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(0, source.size)));
  } catch (cause) {
    throw formatError("it is neither JSON nor weights", { where: source.name, cause });
  }
}
