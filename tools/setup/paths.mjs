/** Where the project lies, and what set-up makes beside it. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The Python of the environment that set-up makes where the system has no libtorch. */
export const ownPython = join(root, ".setup/python/bin/python3");
