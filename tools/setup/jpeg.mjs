/** libjpeg-turbo, which the system's own programs have anyway, and its headers: Debian's package. */
import { aptInstall } from "./apt.mjs";
import { output } from "./command.mjs";
import { Refusal } from "./refusal.mjs";
import { warn } from "./step.mjs";

const isFound = () =>
  output("g++", ["-fsyntax-only", "-include", "cstdio", "-include", "jpeglib.h", "-xc++", "/dev/null"]) !== null;

/** Set-up goes on without it: every JPEG file then goes through libvips, which is slower and the same to the byte. */
export function jpeg(say) {
  if (!isFound()) install(say);
  return { text: isFound() ? "libjpeg's headers found" : "missing" };
}

function install(say) {
  try {
    aptInstall(["libjpeg-dev"], say);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    warn(
      "JPEG",
      `${error.message} Without libjpeg-turbo's headers JPEG files are read by libvips alone: slower, and the same to the byte.`,
    );
  }
}
