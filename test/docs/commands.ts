/** The commands that the pages name, taken apart as a shell would. */
import { type Block, blocksOf, pages, read } from "./pages.js";

export interface Line {
  /** `docs/cli.md:88`, or the page alone. */
  where: string;
  words: string[];
}

/** What stands before the command: a prompt, variables. */
const before = /^(\$ )?([A-Z][A-Z0-9_]*=(<[^>]*>|\S*) )*/;

/** Quotes hold words together; ` # ` begins a comment. */
function wordsOf(line: string): string[] {
  const text = line.replace(before, "").replace(/\s#\s.*/, "");
  return [...text.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));
}

const isCommand = ([first]: string[]) => first === "npx" || first === "npm" || first === "vit-distill";

const linesOf = ({ page, line, code }: Block): Line[] =>
  code.split("\n").map((text, i) => ({ where: `${page}:${line + i}`, words: wordsOf(text) }));

/** Lines of blocks that are not programs: to be typed as they stand. */
export const typed: Line[] = pages
  .flatMap(blocksOf)
  .filter(({ language }) => language !== "ts" && language !== "json")
  .flatMap(linesOf)
  .filter(({ words }) => isCommand(words));

/** In a sentence: what may be left out stands in brackets, `…` for what is obvious there. */
export const mentioned: Line[] = pages.flatMap((page) =>
  [...read(page).matchAll(/`([^`\n]+)`/g)]
    .map(([, span]) => ({ where: page, words: wordsOf(span.replace(/[[\]]/g, "")).filter((word) => word !== "…") }))
    .filter(({ words }) => isCommand(words) && words.length > 1),
);

/** The arguments of `vit-distill`, or null for another program. */
export function argumentsOf({ words }: Line): string[] | null {
  const args = words[0] === "npx" ? words.slice(1) : words;
  return args[0] === "vit-distill" ? args.slice(1) : null;
}
