/** Prints the libtorch that was found as NAME=value words for native/Makefile. */
import { findLibtorch } from "./libtorch.mjs";

try {
  const torch = findLibtorch();
  if (!torch) throw new Error("No libtorch is installed: `npm run setup` installs it.");
  const words = {
    TORCH_KEY: torch.key,
    TORCH_INCLUDE: torch.include.join(":"),
    TORCH_LIB: torch.lib,
    TORCH_CUDA: torch.cuda ? "1" : "",
    TORCH_STANDARD: torch.standard,
    TORCH_CXX11: torch.cxx11 ? "1" : "0",
  };
  console.log(
    Object.entries(words)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
