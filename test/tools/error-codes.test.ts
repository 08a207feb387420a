/** The page of the error codes is the table of the source. */

import { expect, test } from "vitest";
import { errorCodes } from "../../src/error-codes.js";
import { errorsPage } from "../../tools/error-codes.js";

test("docs/errors.md is what npm run errors writes", () => {
  const { is, shouldBe } = errorsPage();
  expect(is).toBe(shouldBe);
});

test.each(Object.entries(errorCodes))("%s is a code with a meaning of one line", (code, meaning) => {
  expect(code).toMatch(/^ERR(_[A-Z]+)+$/);
  expect(meaning).toMatch(/^[^|\n]+$/);
});
