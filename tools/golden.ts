/**
 * Our numbers against golden ones: npm run golden -- DIR [--salt S]
 *
 * DIR is a folder as test/golden/fixtures (the default). With a salt, every tensor is filled from salt + its name: the
 * folder must have been made with the same salt. A line per check; exits with 1 when one fails.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../src/user-error.js";
import { type Check, passed } from "./golden/check.js";
import { Filler } from "./golden/filler.js";
import { readFolder } from "./golden/folder.js";
import { checkFolder, notBuilt } from "./golden/folder-checks.js";

const ours = join(import.meta.dirname, "../test/golden/fixtures");

function main(): number {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { salt: { type: "string", default: "" } } });
  const { folder, absent } = readFolder(positionals[0] ?? ours);
  let count = 0;
  let failures = 0;
  for (const check of checkFolder(folder, new Filler(values.salt))) {
    count += 1;
    if (!passed(check)) failures += 1;
    console.log(line(check));
  }
  for (const name of absent) console.log(`not in this folder   ${name}`);
  const missing = notBuilt(folder);
  for (const name of missing) console.log(`not built yet        ${name}`);
  console.log(`${count - failures} passed, ${failures} failed; ${missing.length} not built yet`);
  return failures === 0 ? 0 : 1;
}

function line(check: Check): string {
  const { subject, what, error, tolerance } = check;
  const verdict = passed(check) ? "ok  " : "FAIL";
  const measure =
    tolerance === 0 ? (error === 0 ? "exact" : "differs") : `${error.toExponential(1)} of ${tolerance.toExponential(1)}`;
  return `${verdict} ${subject.padEnd(34)} ${what.padEnd(38)} ${measure}`;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
