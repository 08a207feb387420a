/**
 * PyTorch's own wheel, unpacked into the cache folder for its libtorch: for systems whose packages have none (Ubuntu 24.04), and for the tests.
 * The addon links its CPU library alone, which needs no more of CUDA than the profiler's and the runtime's: 1.3 GB instead of 4.5.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { aptInstall, hasApt } from "./apt.mjs";
import { output, run } from "./command.mjs";
import { cacheFolder, wheelFolder, wheelVersion } from "./paths.mjs";
import { Refusal } from "./refusal.mjs";

/** Where the newest version goes, whichever that was when it was fetched; deleting the folder fetches it anew. */
export const latestFolder = join(cacheFolder, "torch-latest");

const links = arch() === "x64" ? ["nvidia-cuda-cupti", "nvidia-cuda-runtime"] : []; // aarch64's wheel has no CUDA

const canInstall = (python) => output(python, ["-m", "pip", "--version"]) !== null;

/** A Python with pip; Debian's and Ubuntu's are two packages. */
function pythonWithPip(say) {
  const found = ["python3", "/usr/bin/python3"].find(canInstall);
  if (found) return found;
  if (hasApt()) aptInstall(["python3-pip"], say, ["dataset-fashion-mnist"]);
  if (canInstall("/usr/bin/python3")) return "/usr/bin/python3";
  throw new Refusal("pip was not found: install Python 3.10 or newer with pip, or set LIBTORCH to an unpacked libtorch.");
}

/** Unpacks a version ("2.15.*") into `folder`, unless it is there. Whole or not at all. */
export function unpackWheel(say, { version = `${wheelVersion}.*`, folder = wheelFolder } = {}) {
  if (existsSync(folder)) return folder;
  const python = pythonWithPip(say);
  say(`pip unpacks torch ${version} into ${folder} (1.3 GB, once)`);
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = mkdtempSync(join(cacheFolder, "unfinished-"));
  try {
    const wanted = version === "latest" ? "torch" : `torch==${version}`;
    run(python, ["-m", "pip", "install", "--no-deps", "--target", unfinished, wanted, ...links], {
      log: "pip",
      advice: "Check the network, or unpack libtorch from pytorch.org and set LIBTORCH to its folder.",
    });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
