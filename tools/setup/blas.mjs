/** The BLAS behind the system's libtorch: the reference one is 25 times slower than OpenBLAS (512³ matrix product, measured). */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { Refusal } from "./refusal.mjs";
import { warn } from "./step.mjs";

/** The folder that the libblas.so.3 beside libtorch leads to: "blas" is the reference implementation. */
function providerOf(lib) {
  const link = join(lib, "libblas.so.3");
  return existsSync(link) ? basename(dirname(realpathSync(link))) : null;
}

export function blas(torch, say) {
  const before = providerOf(torch.lib);
  if (before === null) return { text: "libtorch's own" };
  if (before !== "blas") return { text: before };
  warn("BLAS", "libblas.so.3 is the reference implementation: everything would run about 25 times slower.");
  try {
    aptInstall(["libopenblas0-pthread"], say);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    warn("BLAS", error.message);
  }
  const after = providerOf(torch.lib);
  if (after === "blas")
    warn(
      "BLAS",
      "still the reference implementation; `sudo update-alternatives --config libblas.so.3-$(gcc -print-multiarch)` chooses OpenBLAS.",
    );
  return { text: after };
}
