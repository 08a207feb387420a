/** Writes the table of docs/errors.md from src/error-codes.ts. `--check` writes nothing and fails when the page is not what would be written. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorCodes } from "../src/error-codes.js";

const page = new URL("../docs/errors.md", import.meta.url);

const BEGIN = "<!-- written by npm run errors, from src/error-codes.ts -->\n";
const END = "<!-- end -->\n";

/** The page as it is, and as it should be. */
export function errorsPage(): { is: string; shouldBe: string } {
  const is = readFileSync(page, "utf8");
  const [before, rest] = is.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  return { is, shouldBe: `${before}${BEGIN}\n${table()}\n${after}` };
}

function table(): string {
  const rows = Object.entries(errorCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |\n`);
  return `| code | |\n|---|---|\n${rows.join("")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { is, shouldBe } = errorsPage();
  if (!process.argv.includes("--check")) writeFileSync(page, shouldBe);
  else if (is !== shouldBe) throw new Error("docs/errors.md is not what src/error-codes.ts says. Run: npm run errors");
}
