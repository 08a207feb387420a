/** npm's packages, exactly as package-lock.json pins them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { root } from "./paths.mjs";
import { hashOf, isStamped, stamp } from "./stamp.mjs";

export function npmPackages(say) {
  const hash = hashOf([join(root, "package-lock.json")], [process.versions.modules, process.arch]);
  if (isStamped("npm", hash) && existsSync(join(root, "node_modules/.package-lock.json"))) return { text: "as pinned" };
  say("npm ci");
  run("npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], {
    log: "npm",
    advice: "Check the network and the npm registry's settings, then run again.",
    env: { ONNXRUNTIME_NODE_INSTALL: "skip" }, // its install step fetches CUDA libraries
  });
  stamp("npm", hash);
  return { text: "installed as pinned" };
}
