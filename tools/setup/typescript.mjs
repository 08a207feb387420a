/** TypeScript: src/ compiled to dist/, which then holds nothing that src/ does not. */
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "./command.mjs";
import { root } from "./paths.mjs";
import { filesUnder, hashOf, isStamped, stamp } from "./stamp.mjs";

const [src, dist] = [join(root, "src"), join(root, "dist")];
const made = /(\.d\.ts|\.js)(\.map)?$/;

/** Removes what was compiled from a file that has since been renamed or deleted. */
function sweep() {
  const isStale = (file) => made.test(file) && !existsSync(join(src, relative(dist, file).replace(made, ".ts")));
  for (const file of filesUnder(dist).filter(isStale)) rmSync(file);
}

export function typescript(say) {
  const hash = hashOf([...filesUnder(src), join(root, "tsconfig.json"), join(root, "package-lock.json")]);
  if (isStamped("typescript", hash) && existsSync(join(dist, "index.js"))) return { text: "current" };
  say("tsc");
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], {
    log: "typescript",
    advice: "The messages above name file and line.",
  });
  sweep();
  stamp("typescript", hash);
  return { text: "compiled to dist/" };
}
