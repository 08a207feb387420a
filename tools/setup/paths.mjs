/** Where the project lies, and where set-up keeps what several clones share. */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Large things that are fetched once for a user: VIT_DISTILL_CACHE, or the system's place for caches. */
export const cacheFolder =
  process.env.VIT_DISTILL_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vit-distill");

/** The Python of the environment that `npm run setup:python` makes, with today's PyTorch to compare with. */
export const referencePython = join(cacheFolder, "python/bin/python3");

/** The version of PyTorch's wheel that is tested beside Debian's libtorch, and taken where the system has no package of libtorch. */
export const wheelVersion = "2.15";

/** What is unpacked of that wheel: torch/, and the two of NVIDIA's packages that its CPU library links. */
export const wheelFolder = join(cacheFolder, `torch-${wheelVersion}`);
