/**
 * `npm run setup:python`: a Python environment in the cache folder with what parity checks and benches compare with. Nothing that a user or
 * `npm test` needs: those of its tests that have a use for it say so when it is not there.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./setup/command.mjs";
import { referencePython, root } from "./setup/paths.mjs";
import { Refusal } from "./setup/refusal.mjs";

const folder = dirname(dirname(referencePython));
const requirements = join(root, "tools/python/requirements.txt");
const advice = "Check the network, and that Python 3.10 or newer with venv is installed (Debian: python3-venv).";

try {
  console.log(
    `python  pip installs ${requirements} into ${folder} (about 5 GB with CUDA's libraries, which PyTorch's wheel wants)`,
  );
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder], { log: "python", advice });
  run(referencePython, ["-m", "pip", "install", "-r", requirements], { log: "pip", advice });
  console.log(`python  ready: ${referencePython}`);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  rmSync(folder, { recursive: true, force: true });
  console.error(`python  failed: ${error.message}`);
  process.exitCode = 1;
}
