/** Prints the samples as JSON, for golden-ops.py; numbers that JSON lacks go as strings. */

import { samples } from "../samples.js";

process.stdout.write(
  JSON.stringify(samples, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value)),
);
