/** Node.js: the version that package.json asks for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { Refusal } from "./refusal.mjs";

const numbers = (version) => version.match(/\d+/g).map(Number);

export function isAtLeast(version, minimum) {
  const [have, need] = [numbers(version), numbers(minimum)];
  const differs = need.findIndex((part, i) => have[i] !== part);
  return differs < 0 || have[differs] > need[differs];
}

export function nodeVersion() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { node } = process.versions;
  if (!isAtLeast(node, engines.node))
    throw new Refusal(
      `Node.js ${node} at ${process.execPath} is too old: install ${engines.node} from nodejs.org or your distribution.`,
    );
  return { text: node };
}
