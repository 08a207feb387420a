/** Two trees of plain JSON, compared field by field. */

export interface Change {
  /** The way to it, such as `optimizer.options.lr`. */
  field: string;
  /** Undefined where the field is missing. */
  before: unknown;
  after: unknown;
}

/** What differs, in the order of the fields; lists of unequal length, and fields of unlike kinds, differ as a whole. */
export function differences(before: unknown, after: unknown, field = ""): Change[] {
  if (isTree(before) && isTree(after) && alike(before, after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(before[key], after[key], field === "" ? key : `${field}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }];
}

/** `optimizer.options.lr: 0.001 → 0.002`; `paint` colours the two values. */
export function showChange({ field, before, after }: Change, paint: Paint = plain): string {
  return `${field}: ${paint.before(brief(before))} → ${paint.after(brief(after))}`;
}

export interface Paint {
  before(text: string): string;
  after(text: string): string;
}

const plain: Paint = { before: (text) => text, after: (text) => text };

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

const alike = (a: Tree, b: Tree): boolean =>
  Array.isArray(a) === Array.isArray(b) && (!Array.isArray(a) || a.length === (b as unknown as unknown[]).length);

const BRIEF = 240;

function brief(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text;
}
