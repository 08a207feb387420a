/** The orders that class folders get sorted into. A teacher trained on one and used on another is wrong on almost every picture. */

const collator = new Intl.Collator("en", { numeric: true });
const byCode = (a: string, b: string): number => Number(a > b) - Number(a < b);

const sorts = {
  /** By character code, as Python's sorted() and torchvision's ImageFolder: 0, 1, 10, 100, 2. */
  lexicographic: (names: readonly string[]) => sortedBy(names, byCode),
  /** Numbers by their value: 0, 1, 2, 10, 100. */
  natural: (names: readonly string[]) => sortedBy(names, collator.compare),
  /** By character code, capitals as small letters. */
  caseless: (names: readonly string[]) => sortedBy(names, (a, b) => byCode(a.toLowerCase(), b.toLowerCase())),
  /** The class numbers, sorted as text: for folders that were named 0, 1, 2 … */
  numbersAsText: (names: readonly string[]) => sortedBy(names.map((_, i) => String(i)), byCode), // biome-ignore format: one line each
  /** Back to front. */
  reversed: (names: readonly string[]) => names.map((_, i) => names.length - 1 - i),
  /** Labels counted from 1. */
  oneOn: (names: readonly string[]) => names.map((_, i) => (i + names.length - 1) % names.length),
  oneBack: (names: readonly string[]) => names.map((_, i) => (i + 1) % names.length),
};

export type ClassSort = keyof typeof sorts;
export const classSorts = Object.keys(sorts) as ClassSort[];

/** Output j of a model trained on classes sorted so is class `order[j]` of `names`. */
export const classOrder = (names: readonly string[], sort: ClassSort): number[] => sorts[sort](names);

function sortedBy(names: readonly string[], compare: (a: string, b: string) => number): number[] {
  return names.map((_, i) => i).sort((a, b) => compare(names[a], names[b]) || a - b);
}
