/** What an evaluation says beyond top-1. */

export { type Answers, agreement } from "./answers.js";
export { BINS, calibrationError, type ReliabilityBin, reliability } from "./calibration.js";
export { type ClassScore, type ConfusionEntry, classScores, confusion } from "./confusion.js";
export { type Answer, type Missed, type MissedPicture, MOST_LISTED, missed } from "./missed.js";
export { type Report, type ReportOptions, reportOf } from "./report.js";
export { writeReports } from "./write-reports.js";
