/** The addon built against PyTorch's wheel, beside the one against Debian's: the environment that makes programs load it. */
import { join } from "node:path";
import { run } from "../setup/command.mjs";
import { findLibtorch } from "../setup/libtorch.mjs";
import { root } from "../setup/paths.mjs";
import { step } from "../setup/step.mjs";
import { latestFolder, unpackWheel } from "../setup/wheel.mjs";

export function libtorchAddon({ latest = false } = {}) {
  const folder = step("wheel", (say) => {
    const value = unpackWheel(say, latest ? { version: "latest", folder: latestFolder } : {});
    return { text: value, value };
  });
  const torch = findLibtorch({ environment: { LIBTORCH: join(folder, "torch") } });
  step("addon", (say) => {
    say(`make -C native, against libtorch ${torch.version}`);
    run("make", ["-C", "native", "-j2", "addon"], {
      log: "addon-torch2",
      advice: "The compiler's first message above says what is wrong.",
      env: { LIBTORCH: join(folder, "torch") },
    });
    return { text: `native/build/${torch.key}` };
  });
  return { VIT_DISTILL_ADDON: join(root, "native/build", torch.key, "vit_distill.node") };
}
