/** The sanitizers' reports, read from their log files: those whose stack passes through our sources, each once. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";

const begins = /^(==\d+==\s*ERROR: AddressSanitizer|\S+:\d+:\d+: runtime error:)/;

/** A log's reports, as lists of lines. */
export function split(text) {
  const reports = [];
  for (const line of text.split("\n")) {
    if (begins.test(line)) reports.push([line]);
    else reports.at(-1)?.push(line);
  }
  return reports;
}

const native = join(root, "native/");

/** A frame's file from native/, where it is ours: compiled there, it is named whole or from there. */
function ownName(file) {
  if (file.startsWith(native)) return file.slice(native.length);
  return !/^[./]/.test(file) && existsSync(join(native, file)) ? file : undefined;
}

const named = [/^\s+#\d+ 0x\w+ in .* (\S+?):(\d+)(?::\d+)?$/, /^(\S+?):(\d+):\d+: runtime error:/];

/** `gram-gap-cpu.cc:45`, where a line names a place of ours: a frame, or the head of a report. */
function placeOf(line) {
  const [, file, number] = named.map((form) => line.match(form)).find(Boolean) ?? [];
  const name = file && ownName(file);
  return name && `${name}:${number}`;
}

const said = ([first]) => first.replace(/^.*?(AddressSanitizer|runtime error): /, "").replace(/ on (unknown )?address .*/, "");
const withoutNumbers = (text) => text.replaceAll(/-?\b(0x[0-9a-f]+|[\d.]+(e[+-]?\d+)?)\b/g, "…");

/** What is wrong, at which place of ours, how often; a report in which we do not occur has no place. */
export function summarise(reports) {
  const kinds = new Map();
  for (const report of reports) {
    const place = report.map(placeOf).find(Boolean);
    const key = place && `${place} ${withoutNumbers(said(report))}`;
    const kind = kinds.get(key) ?? { place, says: said(report), report, times: 0 };
    kinds.set(key, { ...kind, times: kind.times + 1 });
  }
  return [...kinds.values()];
}

export const readReports = (folder) => readdirSync(folder).flatMap((file) => split(readFileSync(join(folder, file), "utf8")));

const tells = (line) => placeOf(line) || /^(READ|WRITE) |^0x\w+ is located|^(previously )?(allocated|freed) by/.test(line);

/** Prints what was found, of each stack our own frames, and gives the number of different reports about our sources. */
export function showReports(reports) {
  const kinds = summarise(reports);
  const ours = kinds.filter(({ place }) => place);
  for (const { place, says, report, times } of ours)
    console.log([`\nnative/${place}: ${says} (${times} ×)`, ...report.slice(1).filter(tells)].join("\n"));
  const others = kinds.find(({ place }) => !place);
  if (others) console.log(`\nReports without our sources: ${others.times}, the first of them:\n${others.report.join("\n")}`);
  return ours.length;
}
