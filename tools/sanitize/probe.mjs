/** Whether the sanitizers report at all, in a process like those of the tests: asked before a run, since a clean one looks the same. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../setup/refusal.mjs";
import { compileWords } from "./build.mjs";
import { readReports } from "./reports.mjs";

const source = join(import.meta.dirname, "probe.cc");
const load = "try { process.dlopen({ exports: {} }, process.argv[1]) } catch {}"; // no addon: Node.js refuses it, after it was loaded

const expected = ["heap-buffer-overflow", "signed integer overflow"];

export function probe(build, environmentOf) {
  const logs = mkdtempSync(join(tmpdir(), "vit-distill-probe-"));
  const library = join(build, "probe.so");
  try {
    execFileSync("sh", ["-c", `${compileWords} -fPIC -shared -o "$1" "$2"`, "sh", library, source]);
    execFileSync(process.execPath, ["-e", load, library], { env: { ...process.env, ...environmentOf(logs) } });
    const reports = readReports(logs).map(([first]) => first);
    const missing = expected.filter((fault) => !reports.some((report) => report.includes(fault)));
    if (missing.length) throw new Refusal(`The sanitizers do not report ${missing.join(" and ")} of tools/sanitize/probe.cc.`);
  } finally {
    rmSync(logs, { recursive: true });
  }
}
