/** Finds a Python that has PyTorch, for the reference programs. */
import { spawnSync } from "node:child_process";
import { referencePython } from "../tools/setup/paths.mjs";

const missing = `The reference programs need PyTorch. Install it with:
  sudo apt-get install -y python3-torch   (1.13), or npm run setup:python   (2.15)
or name a Python that has it: PYTHON=/path/to/python npm run bench -- NAME`;

export function findPython(): string {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ["/usr/bin/python3", "python3", referencePython];
  const found = candidates.find((python) => spawnSync(python, ["-c", "import torch"]).status === 0);
  if (!found) throw new Error(missing);
  return found;
}

/** A Python with torch 2 or newer, where there is one; the reference programs that compile need it. */
export function findPython2(): string | null {
  const candidates = process.env.PYTHON_2 ? [process.env.PYTHON_2] : [referencePython, "python3", "/usr/bin/python3"];
  const modern = (python: string) => spawnSync(python, ["-c", "import torch; assert int(torch.__version__[0]) > 1"]).status === 0;
  const found = candidates.find(modern);
  if (process.env.PYTHON_2 && !found) throw new Error(`${process.env.PYTHON_2} (PYTHON_2) has no torch 2 or newer.`);
  return found ?? null;
}
