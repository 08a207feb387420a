/** libtorch: found in libtorch.mjs's order, or installed: the system's package where there is one, PyTorch's wheel elsewhere. */
import { aptInstall, aptOffers, hasApt, knows } from "./apt.mjs";
import { findLibtorch, isWheel } from "./libtorch.mjs";
import { Refusal } from "./refusal.mjs";
import { warn } from "./step.mjs";
import { unpackWheel } from "./wheel.mjs";

// without recommends libtorch comes with the reference BLAS, 25 times slower: OpenBLAS is named
const packages = ["libtorch-dev", "libopenblas0-pthread"];

function install(say) {
  if (!hasApt())
    throw new Refusal(
      "No libtorch found and no apt-get to install it: unpack libtorch from pytorch.org and set LIBTORCH to its folder.",
    );
  if (aptOffers(packages[0], say)) aptInstall(packages, say, ["dataset-fashion-mnist"]);
  else unpackWheel(say);
  const found = findLibtorch();
  if (!found)
    throw new Refusal(
      "What was installed holds no libtorch headers and libraries where they were looked for: set LIBTORCH to an unpacked libtorch.",
    );
  return found;
}

/** A wheel that was fetched for the tests does not stand in for a package that the system has. */
const isLastResort = (torch) => isWheel(torch) && hasApt() && knows(packages[0]);

export function engineLibrary(say) {
  const found = findLibtorch({ note: (text) => warn("libtorch", text) });
  const torch = found && !isLastResort(found) ? found : install(say);
  return { text: `${torch.version}, ${torch.origin} (${torch.lib})${torch.cuda ? ", with CUDA" : ""}`, value: torch };
}
