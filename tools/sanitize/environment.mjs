/** What a process of Node.js has to find in its environment to run the sanitized addons. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";

const libraryOf = (name) => execFileSync("g++", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();

function buildReportPath(build) {
  const library = join(build, "report-path.so");
  execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, join(root, "tools/sanitize/report-path.c")]);
  return library;
}

const options = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(":");

export function sanitizedEnvironment(build, logs) {
  const load = join(root, "tools/sanitize/load-sanitized.cjs");
  return {
    // the runtimes must be there before the first allocation, and Node.js was not linked with them
    LD_PRELOAD: [...["libasan.so", "libubsan.so"].map(libraryOf), buildReportPath(build)].join(" "),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require=${load}`.trim(),
    VIT_DISTILL_SANITIZED: build,
    ASAN_OPTIONS: options({
      log_path: join(logs, "address"),
      halt_on_error: 0,
      detect_leaks: 0, // V8 and libtorch keep much until the end, on purpose
      allocator_may_return_null: 1, // as malloc does: tests ask for more than there is
    }),
    VIT_DISTILL_UBSAN_LOG: join(logs, "undefined"),
    UBSAN_OPTIONS: options({ print_stacktrace: 1, halt_on_error: 0 }),
  };
}
