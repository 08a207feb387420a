/**
 * Every ```ts block of the pages compiles against the public face, as a file of its own. What a comment above one may say:
 *
 *   <!-- snippet: file PATH -->        it is that file; where the file exists, to the letter
 *   <!-- snippet: given CODE -->       what the page said in words before it, or leaves out as `…`
 *   <!-- snippet: fragment, REASON --> it does not stand alone, and why
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Block, blocksOf, pages, read, root } from "./pages.js";
import { faultsOf, type Source } from "./type-check.js";

const blocks = pages.flatMap(blocksOf).filter(({ language }) => language === "ts");
const saysOf = ({ note }: Block, word: string) => (/^\w+/.exec(note)?.[0] === word ? note.slice(word.length).trim() : undefined);
const nameOf = ({ page, line }: Block) => `${page}:${line}`;

const whole = blocks.filter((block) => saysOf(block, "fragment") === undefined);

/** A block without a name lies beside the last one of its page that has one. */
function fileOf(block: Block): string {
  const named = whole.filter((other) => other.page === block.page && other.line <= block.line && saysOf(other, "file"));
  const file = named.length > 0 ? saysOf(named.at(-1)!, "file")! : "";
  return saysOf(block, "file") ?? join(dirname(file), `${block.page.replace(/\W/g, "-")}-${block.line}.ts`);
}

/** `…` alone in a line: what a list or an object goes on with, otherwise nothing. */
const spellOut = (code: string): string =>
  code.replace(/([{[(,]\s*)?^( *)…$/gm, (_, open?: string, indent = "") => (open ? `${open}${indent}...leftOut,` : `${indent};`));

const sourceOf = (block: Block): Source => ({
  path: fileOf(block),
  before: saysOf(block, "given") ?? "",
  code: spellOut(block.code),
});

test("there are snippets, and a comment on one says what can be said", () => {
  expect(whole.length).toBeGreaterThan(15);
  const odd = blocks.filter(({ note }) => note !== "" && !/^(file \S+\.ts$|given\s+\S|fragment, \S)/.test(note));
  expect(odd.map(nameOf)).toEqual([]);
});

test("each compiles", () => {
  const faults = faultsOf(whole.map(sourceOf));
  const shown = whole.flatMap((block, i) => faults[i].map(({ line, text }) => `${block.page}:${block.line + line}: ${text}`));
  expect(shown).toEqual([]);
});

describe("a snippet that is a file of the project is it to the letter", () => {
  const files = whole.filter((block) => saysOf(block, "file") && existsSync(join(root, fileOf(block))));
  test.each(files.map((block) => [nameOf(block), block] as const))("%s", (_, block) => {
    expect(block.code).toBe(read(fileOf(block)));
  });
});
