/** What the doctor has to say about a recipe's teachers: findings, each with its numbers and the way out. */

import { UserError } from "../../user-error.js";

export type Severity = "ok" | "warning" | "refuse";

export interface Finding {
  /** The check that says it. */
  check: string;
  /** Whom it is about: `teacher fashion_cait`. */
  who: string;
  severity: Severity;
  /** Whether it holds whatever pictures were drawn: a wrong head does, an accuracy does not. */
  certain: boolean;
  says: string;
  /** What to do, as a sentence. */
  fix?: string;
  numbers: Record<string, unknown>;
}

export interface Diagnosis {
  /** The worst of its findings. */
  severity: Severity;
  /** Pictures that were looked at, and where they came from. */
  images: number;
  split: "val" | "train";
  data: string;
  milliseconds: number;
  findings: Finding[];
}

const RANK: readonly Severity[] = ["ok", "warning", "refuse"];

export const worst = (findings: readonly Finding[]): Severity =>
  RANK[Math.max(0, ...findings.map(({ severity }) => RANK.indexOf(severity)))];

/** What is found and what to do about it. */
export const sentence = ({ who, says, fix }: Finding): string => `${capital(who)} ${says}.${fix ? ` ${fix}` : ""}`;

/** The first finding that refuses, as an error; nothing where none does. */
export function refusal({ findings }: Diagnosis, remedy: string): UserError | undefined {
  const [first, ...rest] = findings.filter(({ severity }) => severity === "refuse");
  if (!first) return undefined;
  return new UserError("ERR_UNFIT_TEACHER", sentence(first), {
    remedy: rest.length > 0 ? `(${rest.length} more.) ${remedy}` : remedy,
  });
}

/** What is worth saying of a diagnosis that refuses nobody: how good each teacher is, and the warnings. */
export function remarks({ findings }: Diagnosis): string[] {
  const good = findings.filter(({ check, severity }) => check === "accuracy" && severity === "ok");
  const warnings = findings.filter(({ severity }) => severity === "warning");
  return [...good, ...warnings].map((finding) => `doctor: ${sentence(finding)}`);
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);
