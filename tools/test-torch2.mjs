/**
 * `npm run test:torch2 [-- [--latest] FILTER …]`: all tests against PyTorch's libtorch, fetched once into the cache folder: the pinned version, or
 * the newest that there is.
 */
import { spawnSync } from "node:child_process";
import { root } from "./setup/paths.mjs";
import { Refusal } from "./setup/refusal.mjs";
import { setUpOrSay } from "./setup.mjs";

process.env.LIBTORCH ||= "system"; // set-up is npm test's; the other addon lies beside it
const args = process.argv.slice(2);

async function runAll() {
  if (!setUpOrSay()) return 1;
  const { libtorchAddon } = await import("./matrix/libtorch-addon.mjs");
  const env = { ...process.env, ...libtorchAddon({ latest: args.includes("--latest") }) };
  const filters = args.filter((arg) => arg !== "--latest");
  return spawnSync(process.execPath, ["tools/test/suite.mjs", ...filters], { cwd: root, env, stdio: "inherit" }).status ?? 1;
}

try {
  process.exitCode = await runAll();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
