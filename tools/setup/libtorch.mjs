/**
 * Finds libtorch: `LIBTORCH` (an unpacked libtorch, or the word "system"), the torch of an installed Python, the system's package.
 * A libtorch is { origin, version, standard, include: folders, lib: folder, cuda, cxx11, key }.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { output } from "./command.mjs";
import { wheelFolder } from "./paths.mjs";
import { Refusal } from "./refusal.mjs";
import { sha256 } from "./stamp.mjs";

const versionHeader = "torch/csrc/api/include/torch/version.h";

const hasHeaders = (include) => existsSync(join(include, versionHeader));
const hasLibraries = (lib) => ["libtorch_cpu.so", "libc10.so"].every((name) => existsSync(join(lib, name)));

/** "1.13" from the lines `#define TORCH_VERSION_MAJOR 1` and `…_MINOR 13`, which later versions keep in a header of their own. */
function versionOf(include) {
  const headers = [versionHeader, "torch/headeronly/version.h"].map((name) => join(include, name)).filter(existsSync);
  const text = headers.map((file) => readFileSync(file, "utf8")).join("");
  return ["MAJOR", "MINOR"].map((part) => text.match(new RegExp(`TORCH_VERSION_${part} (\\d+)`))?.[1] ?? "?").join(".");
}

/** The C++ standard that its headers ask for; ours need 17. */
function standardOf(include) {
  const file = join(include, "ATen/ATen.h");
  const asked = existsSync(file) && readFileSync(file, "utf8").match(/C\+\+(\d+) or later compatible compiler is required/);
  return Math.max(17, Number(asked?.[1] ?? 17));
}

/** PyTorch's wheel has CUDA's library everywhere, and what that needs only where it was installed, too. */
function hasCuda(lib) {
  const library = join(lib, "libtorch_cuda.so");
  return existsSync(library) && !(output("ldd", [library]) ?? "").includes("not found");
}

/** Which std::string libc10 was compiled with; wheels before 2.6 use the one from before C++11. */
const usesCxx11 = (lib) => !readFileSync(join(lib, "libc10.so")).includes("torchCheckFailEPKcS2_jRKSs");

const describe = (origin, include, lib) => ({
  origin,
  version: versionOf(include),
  standard: standardOf(include),
  include: [include, join(include, "torch/csrc/api/include")],
  lib,
  cuda: hasCuda(lib),
  cxx11: usesCxx11(lib),
  key: `${versionOf(include)}-${sha256(lib).slice(0, 8)}`,
});

function fromEnvironment(folder) {
  const [include, lib] = [join(folder, "include"), join(folder, "lib")];
  if (/\s/.test(folder))
    throw new Refusal(`LIBTORCH=${folder} holds a space, which make cannot carry: move or link it to a path without one.`);
  if (!hasHeaders(include) || !hasLibraries(lib))
    throw new Refusal(
      `LIBTORCH=${folder} has no include/${versionHeader} or no lib/libtorch_cpu.so: name the folder of an unpacked libtorch, or unset LIBTORCH.`,
    );
  return describe("LIBTORCH", include, realpathSync(lib));
}

/** The folder of a Python's torch, without importing it. */
function torchOfPython(python) {
  const find = "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";
  return output(python, ["-c", find]);
}

/** Debian's python3-torch holds links to the system's libtorch, and headers only beside libtorch-dev: that one is the system's. */
function fromPython(python, note) {
  const folder = torchOfPython(python);
  if (!folder) return null;
  const [include, lib] = [join(folder, "include"), join(folder, "lib")];
  if (hasHeaders(include) && hasLibraries(lib) && isOwn(lib))
    return describe(`the torch of ${python}`, include, realpathSync(lib));
  if (!hasHeaders(include)) note(`the torch of ${python} has no headers, going on`);
  return null;
}

const isOwn = (lib) => realpathSync(join(lib, "libtorch_cpu.so")).startsWith(realpathSync(lib));

function fromSystem() {
  const include = "/usr/include";
  if (!hasHeaders(include)) return null;
  const folders = [
    "/usr/lib",
    ...readdirSync("/usr/lib")
      .filter((name) => name.includes("-linux-gnu"))
      .map((name) => join("/usr/lib", name)),
  ];
  const lib = folders.find(hasLibraries);
  return lib ? describe("the system's", include, lib) : null;
}

/**
 * The first libtorch in the order above, or null. `note` hears about those that were passed over.
 * @param {{ environment?: NodeJS.ProcessEnv, pythons?: string[], note?: (text: string) => void }} [options]
 */
export function findLibtorch({ environment = process.env, pythons = ["python3", "/usr/bin/python3"], note = () => {} } = {}) {
  const { LIBTORCH: named } = environment;
  if (named === "system") return fromSystem() ?? fromWheel();
  if (named) return fromEnvironment(named);
  for (const python of pythons) {
    const found = fromPython(python, note);
    if (found) return found;
  }
  return fromSystem() ?? fromWheel();
}

const wheelOrigin = "PyTorch's wheel";
export const isWheel = ({ origin }) => origin === wheelOrigin;

/** What set-up unpacked from PyTorch's wheel where the system has no package, or null. */
function fromWheel() {
  const [include, lib] = ["include", "lib"].map((part) => join(wheelFolder, "torch", part));
  return hasHeaders(include) && hasLibraries(lib) ? describe(wheelOrigin, include, realpathSync(lib)) : null;
}
