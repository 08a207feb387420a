/** Finds a Python that has PyTorch, for the reference programs. */
import { spawnSync } from "node:child_process";

const missing = `The reference programs need PyTorch. Install it with:
  sudo apt-get install -y python3-torch
or name a Python that has it: PYTHON=/path/to/python npm run bench -- NAME`;

export function findPython(): string {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ["/usr/bin/python3", "python3"];
  const found = candidates.find((python) => spawnSync(python, ["-c", "import torch"]).status === 0);
  if (!found) throw new Error(missing);
  return found;
}
