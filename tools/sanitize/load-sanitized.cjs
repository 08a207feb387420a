/** Required first in every process and thread of a sanitized run: where our addons are loaded, their sanitized builds are. */
const { basename, join } = require("node:path");

const ours = /native\/build\/(.*\/)?(vit_distill|pixels)\.node$/;
const { dlopen } = process;

process.dlopen = (module, file, ...flags) => {
  const target = ours.test(file) ? join(process.env.VIT_DISTILL_SANITIZED, basename(file)) : file;
  return dlopen.call(process, module, target, ...flags);
};
