/** What happens around a training: a full disk, a read-only one, a data worker without memory, another process, an impatient user. */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkpointsOf, newestWhole, openRunFolder } from "../../src/train/index.js";
import { differences } from "../faults/kill.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, signalAt, tinyRecipe, vitDistill } from "./command.js";

const everyStep = "steps: 30, ema: 0.9, evalEvery: 7, keep: { last: 50, every: 0, best: false },";
const left = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => /\.tmp$|run\.lock/.test(name));

describe("a file system of its own", () => {
  let place: string;
  const mount = (options: string) => execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", place], { stdio: "pipe" });
  let isMounted = false;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "vit-distill-disk-"));
    try {
      mount("size=1500k");
      isMounted = true;
    } catch {
      // not permitted here, as the test then says
    }
  });
  afterAll(() => {
    if (isMounted) execFileSync("umount", [place]);
    rmSync(place, { recursive: true });
  });

  test("that is full ends the run in a sentence, with all its checkpoints whole, and it goes on when there is room", async ({
    skip,
  }) => {
    if (!isMounted) skip("mounting a tmpfs is not permitted here");
    const folder = folderWith({ "tiny.ts": tinyRecipe(everyStep) });
    const dir = join(place, "run");
    expect(await vitDistill(["train", "tiny.ts", "--dir", "whole", "--seed", "1"], folder)).toMatchObject({ code: 0 });
    const { code, err } = await vitDistill(["train", "tiny.ts", "--dir", dir, "--seed", "1"], folder);
    expect(code).toBe(1);
    const run = openRunFolder(dir);
    const steps = checkpointsOf(run).map(({ step }) => step);
    expectError(err, "ERR_FILE", dir);
    expect(steps.length).toBeGreaterThan(0);
    expect(newestWhole(run)).toMatchObject({ checkpoint: { step: steps[0] }, notes: [] });
    expect(left(dir)).toEqual([]);

    expectError((await vitDistill(["train", "--resume", dir], folder)).err, "ERR_FILE", dir);
    mount("remount,size=16m");
    expect(await vitDistill(["train", "--resume", dir], folder)).toMatchObject({ code: 0 });
    expect(differences(join(folder, "whole"), dir)).toEqual([]);

    const full = join(place, "full");
    expect(() => {
      for (;;) appendFileSync(full, new Uint8Array(1 << 16));
    }).toThrow("ENOSPC");
    const before = run.readMetrics();
    expect(() => {
      for (;;) run.appendMetrics(before[0]);
    }).toThrowCode("ERR_FILE", run.metrics, `vit-distill train --resume ${dir}`);
    rmSync(full);
    expect(run.readMetrics().slice(0, before.length)).toEqual(before);

    mount("remount,ro");
    const readOnly = await vitDistill(["train", "--resume", dir], folder);
    expect(readOnly).toMatchObject({ code: 1 });
    expectError(readOnly.err, "ERR_FILE", join(dir, "run.lock"));
    const another = await vitDistill(["train", "tiny.ts", "--dir", join(place, "another")], folder);
    expect(another).toMatchObject({ code: 1 });
    expectError(another.err, "ERR_FILE", join(place, "another"), "--dir");
    mount("remount,rw");
  });
});

/** Puts a real lack of memory into the data worker: a heap of 24 MiB, and after some batches more than that. */
const smallHeap = `
import threads from "node:worker_threads";
import { syncBuiltinESMExports } from "node:module";
const hungry = \`
  import { parentPort } from "node:worker_threads";
  const post = parentPort.postMessage.bind(parentPort);
  let full = 0;
  parentPort.postMessage = (message) => {
    if (message.kind === "full" && ++full > 6) for (const eaten = []; ; ) eaten.push(new Array(1e5).fill(full));
    post(message);
  };\`;
const Roomy = threads.Worker;
if (process.env.HUNGRY) {
  threads.Worker = class extends Roomy {
    constructor(file, options) {
      super(file, { ...options, resourceLimits: { maxOldGenerationSizeMb: 24 }, execArgv: ["--import", "data:text/javascript," + encodeURIComponent(hungry)] });
    }
  };
  syncBuiltinESMExports();
}
`;

test("a data worker out of memory ends the run in a sentence, with what was learnt", async () => {
  const recipe = tinyRecipe("steps: 20, keep: { every: 3600 }, data: { train: noise, val: noise, batchSize: 8, workers: 1 },", {
    before: smallHeap,
  });
  const folder = folderWith({ "tiny.ts": recipe });
  expect(await vitDistill(["train", "tiny.ts", "--dir", "whole"], folder)).toMatchObject({ code: 0 });
  const { code, err } = await vitDistill(["train", "tiny.ts", "--dir", "run"], folder, undefined, { HUNGRY: "1" });
  const dir = join(folder, "run");
  const run = openRunFolder(dir);
  const [{ step }] = checkpointsOf(run);
  expectError(err, "ERR_DATA_WORKER", "batchSize", new RegExp(`\\b${step}\\b`), `vit-distill train --resume ${dir}`);
  expect(code).toBe(1);
  expect(run.readMetrics().at(-1)).toMatchObject({ kind: "train", step });
  expect(await vitDistill(["train", "--resume", "run"], folder)).toMatchObject({ code: 0 });
  expect(differences(join(folder, "whole"), dir)).toEqual([]);
});

test("a second process is told who is training, and the second Ctrl-C of an impatient user leaves a run that goes on", async () => {
  const folder = folderWith({ "long.ts": tinyRecipe("steps: 100_000, keep: { every: 0 },") });
  const dir = join(folder, "run");
  let second: ReturnType<typeof vitDistill> | undefined;
  let over = false;
  const first = await vitDistill(["train", "long.ts", "--dir", "run"], folder, (err, kill) => {
    if (second || !err.includes("step 1/")) return;
    second = vitDistill(["train", "--resume", "run"], folder);
    second.then(() => {
      over = true;
      kill("SIGINT");
      kill("SIGINT");
    });
  });
  expect(over).toBe(true);
  const refused = await second!;
  expect(refused.code).toBe(1);
  expectError(refused.err, "ERR_RUN_LOCKED", /\b\d+\b/, hostname(), /\b\d{4}-\d\d-\d\dT.*Z\b/, join(dir, "run.lock"));
  expect(first.code).toBe(130);
  expect(left(dir)).toEqual([]);
  const { step } = newestWhole(openRunFolder(dir))!.checkpoint;
  const resumed = await vitDistill(["train", "--resume", "run"], folder, signalAt(new RegExp(`step ${step + 1}/`), "SIGTERM"));
  expect(resumed.code).toBe(143);
});

test("a run folder that was left by a killed process goes on", async () => {
  const folder = folderWith({ "long.ts": tinyRecipe("steps: 100_000, keep: { every: 0 },") });
  const killed = await vitDistill(["train", "long.ts", "--dir", "run"], folder, signalAt(/step 1\//, "SIGKILL"));
  expect(killed.code).toBeNull();
  expect(existsSync(join(folder, "run", "run.lock"))).toBe(true);
  const resumed = await vitDistill(["train", "--resume", "run"], folder, signalAt(/step \d/, "SIGTERM"));
  expect(resumed.code).toBe(143);
  expect(left(join(folder, "run"))).toEqual([]);
});
