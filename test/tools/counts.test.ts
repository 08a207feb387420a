/** Closing lines are read back and added up: what .ci/run and the matrix go by. */

import { expect, test } from "vitest";
import { closingLine, readClosingLine, sum } from "../../tools/test/counts.mjs";

test("a closing line is what was counted", () => {
  for (const counts of [
    { passed: 12, failed: 0, skipped: 0 },
    { passed: 0, failed: 1, skipped: 3 },
  ])
    expect(readClosingLine(closingLine(counts))).toEqual(counts);
});

test("the last one counts, and lines that only look like one do not", () => {
  const text = "3 passed, 1 failed\n Tests  9 passed, 9 failed\n5 passed, 0 failed; 0 not built yet\nbye\n";
  expect(readClosingLine(text)).toEqual({ passed: 5, failed: 0, skipped: 0 });
  expect(readClosingLine("it broke off")).toBeNull();
});

test("parts add up, those without skips too", () => {
  const parts = [
    { passed: 2, failed: 0 },
    { passed: 3, failed: 1, skipped: 4 },
  ];
  expect(sum(parts)).toEqual({ passed: 5, failed: 1, skipped: 4 });
});
