/** Rows as aligned text: words to the left, numbers to the right. */

export type Cell = string | number;

export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => String(row[i]).length)));
  const isNumeric = headings.map((_, i) => rows.length > 0 && rows.every((row) => /^([+-]?\d|–$|$)/.test(String(row[i]))));
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, i) => (isNumeric[i] ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(headings), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Names and what they are, one a line. */
export function list(entries: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** 5717416 → 5.72 M */
export function million(count: number): string {
  return `${(count / 1e6).toFixed(2)} M`;
}

/** 1253683200 → 1.25 G */
export function giga(count: number): string {
  return count < 1e9 ? million(count) : `${(count / 1e9).toFixed(2)} G`;
}

/** 22840000 → 22.8 MB */
export function bytes(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** 0.8333 → 83.33 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
