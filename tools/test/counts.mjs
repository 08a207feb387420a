/** How many tests passed, failed and were skipped, and the closing line that tells it. */

const nothing = { passed: 0, failed: 0, skipped: 0 };

export const sum = (all) =>
  all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + (b.skipped ?? 0) }),
    nothing,
  );

export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;

/** What the last closing line in a program's output says, or null where there is none. */
export function readClosingLine(text) {
  const [, passed, failed, skipped = 0] = [...text.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/gm)].at(-1) ?? [];
  return passed === undefined ? null : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}
