/**
 * Makes a folder of pictures to try things on: drawn from a seed, of mixed sizes and modes, with planted damage.
 * Command: node --import tsx tools/corpus.ts <folder> [--pictures 2000] [--classes 5] [--seed 0] [--most 400] [--clean]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { damagedFiles, drawFile, oddFiles } from "./corpus/pictures.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: "string", default: "2000" },
    classes: { type: "string", default: "5" },
    seed: { type: "string", default: "0" },
    most: { type: "string", default: "400" },
    clean: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Say which folder: node --import tsx tools/corpus.ts photos");
const [pictures, classes, seed, most] = [values.pictures, values.classes, values.seed, values.most].map(Number);

const classFolder = (label: number) => join(folder, `class ${label + 1}`);
for (let label = 0; label < classes; label++) mkdirSync(classFolder(label), { recursive: true });
for (let i = 0; i < pictures; i++) {
  const { name, bytes } = await drawFile(i, { seed, classes, most });
  writeFileSync(join(classFolder(i % classes), name), bytes);
}
const planted = values.clean ? {} : { ...(await oddFiles({ seed })), ...(await damagedFiles(seed)) };
Object.entries(planted).forEach(([name, bytes], i) => writeFileSync(join(classFolder(i % classes), name), bytes));
console.log(`${pictures} pictures in ${classes} classes and ${Object.keys(planted).length} odd or damaged files in ${folder}`);
