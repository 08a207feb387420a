/** Reports as files of the run folder: everything as JSON for programs, and tables as CSV for people. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../checkpoint/index.js";
import { fileError } from "../../user-error.js";
import type { Report } from "./report.js";

/** Writes the files of each report into the folder and returns their paths. What an earlier evaluation of the same left there is replaced. */
export function writeReports(folder: string, reports: readonly Report[]): string[] {
  try {
    if (reports.length > 0 && !existsSync(folder)) mkdirSync(folder);
  } catch (error) {
    throw fileError(error, "make the folder", folder);
  }
  return reports.flatMap((report) =>
    Object.entries(filesOf(report)).map(([ending, text]) => {
      const path = join(folder, `${report.split}.${slug(report.who)}.${ending}`);
      writeFileAtomic(path, text);
      return path;
    }),
  );
}

/** `student (ema)` → student-ema */
const slug = (who: string): string => who.replace(/[^\p{L}\p{N}_]+/gu, "-").replace(/^-+|-+$/g, "");

function filesOf(report: Report): Record<string, string> {
  const name = (label: number): string => report.classes[label]?.name ?? String(label);
  return {
    json: `${JSON.stringify(report)}\n`,
    "classes.csv": csv(
      ["label", "class", "pictures", "right", "named", "accuracy", "precision"],
      report.classes.map(({ label, name, ...rest }) => [label, name, ...Object.values(rest)]),
    ),
    "confusion.csv": csv(
      ["class", "named", "pictures"],
      report.confusion.map(([label, prediction, count]) => [name(label), name(prediction), count]),
    ),
    ...(report.missed && {
      "missed.csv": csv(
        ["picture", "name", "class", "student", "student confidence", "teacher", "teacher confidence"],
        report.missed.pictures.map(({ picture, name: file, label, student, teacher }) => [
          picture,
          file,
          name(label),
          name(student.prediction),
          student.confidence,
          name(teacher.prediction),
          teacher.confidence,
        ]),
      ),
    }),
  };
}

type Value = string | number | null;

/** RFC 4180, with newlines as Unix has them. */
function csv(headings: readonly string[], rows: readonly (readonly Value[])[]): string {
  return [headings, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

const field = (value: Value): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
