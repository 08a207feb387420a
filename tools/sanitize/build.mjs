/** Builds both addons with the sanitizers, beside the ordinary build, which stays as it is. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch } from "../setup/libtorch.mjs";
import { root } from "../setup/paths.mjs";

// A process goes on after a report, so that one run tells of everything. What a float is cast to is not among `undefined`.
const compiler = "g++ -fsanitize=address,undefined,float-cast-overflow -fsanitize-recover=address";
const flags = "-Wall -O1 -g1 -fno-omit-frame-pointer"; // -g1: files and lines, which is all that a report shows

export const compileWords = `${compiler} ${flags}`;

/** The folder with vit_distill.node and pixels.node. */
export function buildSanitized() {
  const folder = `build/${findLibtorch().key}-sanitize`;
  const [addon, pixels] = ["vit_distill.node", "pixels.node"].map((name) => `${folder}/${name}`);
  const built = join(root, "native", folder);
  mkdirSync(built, { recursive: true });
  const words = [`folder=${folder}`, `pixels=${pixels}`, `CXX=${compiler}`, `CXXFLAGS=${flags}`];
  console.log(`make -C native, with the sanitizers, into native/${folder} (many minutes the first time)`);
  execFileSync("make", ["-C", "native", "-j2", "--silent", ...words, addon, pixels], { cwd: root, stdio: "inherit" });
  return built;
}
