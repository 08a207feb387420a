/**
 * The package as npm packs it, installed from its tarball into an empty folder: nothing of the clone is there. Ends with a closing line.
 * What it can show today is that the command line starts, and that what needs the addon says so with a code.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import { closingLine } from "../test/counts.mjs";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-install-"));
const folder = join(scratch, "empty");
const npm = (cwd, ...args) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" } }); // biome-ignore format: one row
const command = (...args) => spawnSync("npx", ["--no-install", "vit-distill", ...args], { cwd: folder, encoding: "utf8" });

const checks = {
  "the tarball installs into an empty folder": () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    npm(root, "pack", "--silent", "--pack-destination", scratch);
    const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
    npm(folder, "install", "--no-audit", "--no-fund", join(scratch, tarball));
  },
  "it holds no tests, benches or builds": () => {
    const held = readdirSync(join(folder, "node_modules/vit-distill"));
    const strangers = held.filter((name) => ["test", "bench", "node_modules", ".setup", "runs"].includes(name));
    if (strangers.length > 0) throw new Error(`it holds ${strangers.join(", ")}`);
  },
  "the command line starts": () => {
    const { status, stdout, stderr } = command("--help");
    if (status !== 0 || !stdout.includes("distill")) throw new Error(stdout + stderr);
  },
  "what needs the addon says in a sentence that it is not built": () => {
    const { status, stderr } = command("info");
    if (status !== 1 || !stderr.includes("[ERR_TORCH_ADDON]")) throw new Error(`exit code ${status}: ${stderr}`);
  },
};

function passes([name, check]) {
  try {
    check();
    console.log(`install  ok      ${name}`);
    return true;
  } catch (error) {
    console.log(`install  FAILED  ${name}: ${error.message}`);
    return false;
  }
}

try {
  const results = Object.entries(checks).map(passes);
  const failed = results.filter((ok) => !ok).length;
  console.log(closingLine({ passed: results.length - failed, failed, skipped: 0 }));
  process.exitCode = failed ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true });
}
