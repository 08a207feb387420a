/** The pages that a reader has, and the code in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface Block {
  page: string;
  /** Of the first line of its code, from 1. */
  line: number;
  /** "ts", "console", … "" for a fence without a word, and for an indented block. */
  language: string;
  code: string;
  /** What a comment `<!-- snippet: … -->` right above says about it. */
  note: string;
}

export const pages = [
  "README.md",
  "RESULTS.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export const read = (page: string): string => readFileSync(join(root, page), "utf8");

const fenced = /^(?:<!-- snippet: ((?:(?!-->).)*?)\s*-->\n)?```(\w*)\n(.*?)^```$/gms;
const indented = /(?<=\n\n)(?: {4}\S.*\n)+/g;

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

export function blocksOf(page: string): Block[] {
  const text = read(page);
  const fences = [...text.matchAll(fenced)].map(({ 0: whole, index, 1: note = "", 2: language, 3: code }) => {
    const begin = index + whole.lastIndexOf(code, whole.length - "```".length - 1);
    return { page, line: lineAt(text, begin), language, code, note };
  });
  const bare = text.replace(fenced, (fence) => fence.replace(/[^\n]+/g, "")); // the same lines, with nothing in the fences
  const others = [...bare.matchAll(indented)].map(({ 0: code, index }) => {
    return { page, line: lineAt(bare, index), language: "", code: code.replace(/^ {4}/gm, ""), note: "" };
  });
  return [...fences, ...others];
}
