/** PyTorch's own wheel in a Python environment of ours: for systems whose packages have no libtorch (Ubuntu 24.04). */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { output, run } from "./command.mjs";
import { ownPython } from "./paths.mjs";

const folder = dirname(dirname(ownPython));
const canMakeEnvironments = () => output("python3", ["-c", "import venv, ensurepip"]) !== null;

export function installPythonTorch(say) {
  if (!canMakeEnvironments()) aptInstall(["python3-venv"], say, ["dataset-fashion-mnist"]);
  say("there is no libtorch among the system's packages: pip installs torch into .setup/python (1 to 3 GB, once)");
  const advice = "Check the network, or unpack libtorch from pytorch.org and set LIBTORCH to its folder.";
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder], { log: "python", advice });
  run(join(folder, "bin/pip"), ["install", "torch"], { log: "pip", advice });
}
