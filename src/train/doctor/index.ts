/** What stops a bad teacher. */

export { type Check, type Exam, each, type Found } from "./check.js";
export { checks } from "./checks/index.js";
export { type ClassSort, classOrder } from "./class-orders.js";
export { consult } from "./consult.js";
export { type DoctorOptions, doctor, examine } from "./doctor.js";
export { type Diagnosis, type Finding, refusal, remarks, type Severity, sentence } from "./finding.js";
