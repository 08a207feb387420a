/** The doctor's short form, which `train` runs before anything is written: about two seconds, and the run goes on as if it had not been. */

import type { Session } from "../session.js";
import { examine } from "./doctor.js";
import { type Diagnosis, refusal, worst } from "./finding.js";

const IMAGES = 256;

/**
 * Throws the first reason to refuse a teacher. In a smoke run, which shows that everything fits together on a few pictures, only what is
 * certain refuses; the rest becomes a warning. Null where there is no teacher.
 */
export async function consult(session: Session, { smoke }: { smoke: boolean }): Promise<Diagnosis | null> {
  if (session.teachers.length === 0) return null;
  const { recipe, teachers, device, precision } = session;
  const diagnosis = await examine({ recipe, teachers, device, precision, images: IMAGES, short: true });
  const judged = smoke ? softened(diagnosis) : diagnosis;
  const refused = refusal(judged, "vit-distill doctor shows every check; --no-doctor (doctor: false) trains all the same.");
  if (refused) throw refused;
  return judged;
}

function softened(diagnosis: Diagnosis): Diagnosis {
  const findings = diagnosis.findings.map((finding) =>
    finding.severity === "refuse" && !finding.certain ? { ...finding, severity: "warning" as const } : finding,
  );
  return { ...diagnosis, findings, severity: worst(findings) };
}
