/** `vit-distill cache`: what the cached teachers of a recipe have said. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { UserError } from "../user-error.js";
import { positiveNumber, wholeNumber } from "./option.js";
import { Progress } from "./progress.js";
import { bytes, list, percent, table } from "./table.js";

interface Options {
  device: string;
  smoke: boolean;
  seed?: number;
}

export const cache = new Command("cache").description("fill, check or list the caches of teachers that are asked once");

/** What every command that opens a recipe takes. */
const withRecipe = (name: string, description: string): Command =>
  cache
    .command(name)
    .description(description)
    .argument("<recipe>", "the recipe's file; its teachers are made by cached(…)")
    .option("--device <device>", "cpu, cuda:0, …", "cpu")
    .option("--smoke", "with the data that the recipe takes for a run of seconds", false)
    .option("--seed <number>", "instead of the recipe's seed", wholeNumber);

withRecipe("fill", "ask the teachers for every view of every picture").action(
  async (file: string, { device, smoke, seed }: Options) => {
    const { fillCache, loadRecipe } = await import("../train/index.js");
    const progress = new Progress();
    let last = { found: 0, asked: 0 };
    for await (const event of fillCache(await loadRecipe(file, { smoke, seed }), { device, seed })) {
      last = event;
      const tenth = Math.ceil(event.batches / 10);
      if (event.batch % tenth === 0) progress.note(`batch ${event.batch} of ${event.batches}`);
    }
    console.log(`${last.asked} pictures asked, ${last.found} were known`);
  },
);

withRecipe("verify", "ask the teachers again for pictures drawn at random, and compare")
  .option("--pictures <number>", "how many, at least", positiveNumber, 64)
  .action(async (file: string, { device, smoke, seed, pictures }: Options & { pictures: number }) => {
    const { loadRecipe, verifyCache } = await import("../train/index.js");
    const checks = await verifyCache(await loadRecipe(file, { smoke, seed }), { device, seed, pictures });
    for (const { teacher, dir, pictures, logits, taps, ok } of checks)
      console.log(
        `${ok ? "✓" : "✗"} ${teacher}: ${pictures} pictures, largest difference ${percent(logits)} in the answers, ${percent(taps)} in the taps (${dir})`,
      );
    const wrong = checks.find(({ ok }) => !ok);
    if (wrong)
      throw new UserError("ERR_CACHE", `The cache does not hold what ${wrong.teacher} says`, {
        where: wrong.dir,
        remedy: "Remove it, and fill it anew.",
      });
  });

cache
  .command("info")
  .description("list the caches in a folder")
  .argument("<folder>", "the folder that the recipe names")
  .action((folder: string) => {
    if (!existsSync(folder)) throw new UserError("ERR_FILE", "it does not exist", { where: folder });
    const caches = readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => existsSync(join(path, "about.json")));
    if (caches.length === 0) throw new UserError("ERR_CACHE", "there is no cache of a teacher in it", { where: folder });
    console.log(table(["cache", "teacher", "precision", "answers", "taps", "pictures", "size"], caches.map(row)));
    if (caches.length === 1) console.log(`\n${list(Object.entries(aboutOf(caches[0])).map(([key, value]) => [key, String(value)]))}`); // biome-ignore format: one line
  });

interface About {
  teacher: string;
  precision: string;
  topK: number;
  taps: string[];
  recordBytes: number;
}

const aboutOf = (path: string): About => JSON.parse(readFileSync(join(path, "about.json"), "utf8"));

function row(path: string): (string | number)[] {
  const { teacher, precision, topK, taps, recordBytes } = aboutOf(path);
  const size = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  const records = readdirSync(path).filter((name) => name.endsWith(".records"));
  const pictures = records.reduce((sum, name) => sum + Math.floor(statSync(join(path, name)).size / recordBytes), 0);
  return [path, teacher, precision, topK, taps.length, pictures, bytes(size)];
}
