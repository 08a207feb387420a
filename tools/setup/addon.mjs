/** The addon: make decides by time what to compile, the sums it leaves decide whether that was true to the content. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { root } from "./paths.mjs";
import { sha256 } from "./stamp.mjs";

const native = join(root, "native");

/** What native/Makefile writes after linking, for the sources as they are now. */
function sums() {
  const names = readdirSync(native).sort();
  const pixels = readdirSync(join(native, "pixels"))
    .sort()
    .map((name) => `pixels/${name}`);
  const watched = [
    "Makefile",
    ...names.filter((name) => name.endsWith(".cc")),
    ...names.filter((name) => name.endsWith(".h")),
    ...pixels.filter((name) => name.endsWith(".cc")),
    ...pixels.filter((name) => name.endsWith(".h")),
  ];
  return watched.map((name) => `${sha256(readFileSync(join(native, name)))}  ${name}\n`).join("");
}

function isCurrent(torch) {
  const file = join(native, "build", torch.key, "sources.sha256");
  return existsSync(file) && readFileSync(file, "utf8") === sums();
}

const make = (...options) =>
  run("make", ["-C", "native", "-j2", ...options], {
    log: "addon",
    advice:
      "The compiler's first message above says what is wrong; libtorch needs a C++17 compiler and 2 GB of memory for each job.",
  });

export function addon(torch, say) {
  const before = isCurrent(torch);
  if (!before) say("make -C native (minutes the first time)");
  make();
  if (!isCurrent(torch)) make("--always-make");
  return { text: `${before ? "current" : "built"}, native/build/${torch.key}` };
}
