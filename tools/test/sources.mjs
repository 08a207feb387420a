/** The checks that read the sources: Biome's rules and format, and the types of everything that is not compiled to dist/. */
import { spawnSync } from "node:child_process";
import { root } from "../setup/paths.mjs";

const checks = [
  {
    name: "lint and format (npm run lint)",
    args: ["node_modules/@biomejs/biome/bin/biome", "check", "--diagnostic-level=error", "."],
  },
  { name: "types (tsc -p tsconfig.check.json)", args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json"] },
];

function passes({ name, args }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  console.log(`check  ${status === 0 ? "ok    " : "FAILED"} ${name}`);
  if (status !== 0) console.log(stdout + stderr);
  return status === 0;
}

export function checkSources() {
  const results = checks.map(passes);
  const failed = results.filter((ok) => !ok).length;
  return { passed: results.length - failed, failed };
}
