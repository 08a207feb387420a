/** The state dicts that a checkpoint of PyTorch holds, and which of them is meant. */
import { didYouMean } from "../nearest.js";
import { UserError } from "../user-error.js";
import { formatError } from "./format-error.js";
import { PickledObject } from "./pickle.js";
import type { StoredTensor } from "./safetensors.js";
import { StridedTensor } from "./strided-tensor.js";

export interface StateDicts {
  tensors: Map<string, StoredTensor>;
  /** The way to the one that was taken, such as `model`; empty when the file is nothing else. */
  nesting: string;
  /** The ways to the others. */
  others: string[];
}

// where training programs keep the weights that they trained; averages and teachers stand beside
const USUAL = ["model", "state_dict"];
const NOT_WEIGHTS = /optim|sched|scaler/;
const DEEPEST = 4;

/** The state dict of the name asked for, the only one, or the one under a usual name. */
export function pickStateDict(root: unknown, choice: string | undefined, where: string): StateDicts {
  const found = findAll(root);
  const names = [...found.keys()];
  const usual = names.filter((name) => USUAL.includes(name));
  const nesting = choice ?? (names.length === 1 ? names[0] : usual.length === 1 ? usual[0] : undefined);
  if (names.length === 0) throw formatError(`it holds no state dict: ${kindOf(root)}`, { where });
  if (nesting === undefined)
    throw new UserError("ERR_STATE_DICT", `it holds ${names.length} state dicts: ${names.join(", ")}`, {
      where,
      remedy: `Say which: ${names.map((name) => `${where}#${name}`).join(" or ")}`,
    });
  const tensors = found.get(nesting);
  if (!tensors)
    throw new UserError("ERR_STATE_DICT", `it holds no state dict "${nesting}"`, {
      where,
      remedy: didYouMean(nesting, names) ?? `It holds ${names.map((name) => JSON.stringify(name)).join(", ")}.`,
    });
  return { tensors, nesting, others: names.filter((name) => name !== nesting) };
}

function findAll(root: unknown): Map<string, Map<string, StoredTensor>> {
  const found = new Map<string, Map<string, StoredTensor>>();
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string[]): void => {
    if (!(value instanceof Map) || seen.has(value) || path.length > DEEPEST) return;
    seen.add(value);
    const tensors = tensorsOf(value);
    if (tensors) return void found.set(path.join("."), tensors);
    for (const [key, item] of value) if (typeof key === "string" && !NOT_WEIGHTS.test(key)) visit(item, [...path, key]);
  };
  visit(root, []);
  return found;
}

/** A dict is a state dict when most of its values are tensors. */
function tensorsOf(dict: Map<unknown, unknown>): Map<string, StoredTensor> | undefined {
  const tensors = new Map<string, StoredTensor>();
  for (const [key, value] of dict) if (typeof key === "string" && value instanceof StridedTensor) tensors.set(key, value);
  return 2 * tensors.size > dict.size ? tensors : undefined;
}

function kindOf(root: unknown): string {
  if (root instanceof Map)
    return `it is a dict of ${root.size}${root.size > 0 ? `, with ${JSON.stringify(String([...root.keys()][0]).slice(0, 60))}` : ""}`;
  if (root instanceof StridedTensor) return "it is a single tensor";
  return `it is ${Array.isArray(root) ? "a list" : root === null ? "None" : `a ${typeof root}`}`;
}

const MOST_FACTS = 200;
const isPlain = (value: unknown): boolean => ["string", "number", "boolean", "bigint"].includes(typeof value);
const fieldsOf = (value: unknown): [unknown, unknown][] =>
  value instanceof PickledObject ? [...value.fields] : value instanceof Map ? [...value] : [];

/** The plain values beside the weights (`epoch`, `args.lr` …), as texts. */
export function plainValues(root: unknown): Record<string, string> {
  const facts = fieldsOf(root).flatMap(([key, value]) => [
    [key, value],
    ...fieldsOf(value).map(([inner, item]) => [`${key}.${inner}`, item]),
  ]);
  const plain = facts.filter(([key, value]) => isPlain(key) && isPlain(value)).slice(0, MOST_FACTS);
  return Object.fromEntries(plain.map(([key, value]) => [String(key), String(value).slice(0, 200)]));
}
