/**
 * A run that is killed (SIGKILL) again and again and resumed each time. When a kill comes is drawn from a seed and told by what the run
 * is seen to do, not by a clock: so many metrics lines on, at the sight of a file being written, or while it is only starting.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Rng } from "../../src/data/index.js";
import { checkpointsOf, type MetricsRow, newestWhole, openRunFolder } from "../../src/train/index.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const recipe = fileURLToPath(new URL("recipe.ts", import.meta.url));

export interface KillOptions {
  dir: string;
  steps: number;
  kills: number;
  seed: number;
}

export interface Kill {
  /** What the kill waited for. */
  at: "start" | "step" | "write";
  /** The last step whose checkpoint is whole, 0 before the first. */
  step: number;
  /** The files that were left half written, by the names that they would have got. */
  torn: string[];
}

/** Runs to the end undisturbed, saving only where it must: what is saved, and when, changes no number. */
export async function runWhole({ dir, steps }: Pick<KillOptions, "dir" | "steps">): Promise<void> {
  await ended(launch(commandOf(dir), steps, 3600), 0);
}

/** Runs to the end over so many kills, saving every step; tells of each. */
export async function* runKilled({ dir, steps, kills, seed }: KillOptions): AsyncGenerator<Kill> {
  const rng = Rng.from(seed);
  const last = Math.floor(0.8 * steps); // a run that is over cannot be killed
  for (let done = 0; done < kills; done++) {
    const reached = existsSync(dir) ? metricsLines(dir) : 0;
    const share = Math.max(1, Math.floor((1.5 * (last - reached)) / (kills - done + 1)));
    const lines = reached + 1 + rng.int(share);
    const at = done === 0 ? "step" : (["start", "step", "write", "write", "write"] as const)[rng.int(5)];
    const delay = rng.uniform(0, at === "start" ? 150 : 20);
    const writes = rng.int(6); // of a step's: tensors, JSON, student, average; the best
    const child = launch(commandOf(dir), steps);
    const watching = new AbortController();
    const killed = ended(child, null).finally(() => watching.abort());
    try {
      await Promise.race([moment(child, dir, { at, lines, writes, delay, signal: watching.signal }), killed]);
    } finally {
      child.kill("SIGKILL");
      await killed;
    }
    yield { at, step: wholeStep(dir), torn: tornFiles(dir) };
  }
  await ended(launch(commandOf(dir), steps), 0);
}

const commandOf = (dir: string): string[] =>
  existsSync(dir) ? ["train", "--resume", dir] : ["train", recipe, "--dir", dir, "--seed", "3", "--no-doctor"];

function launch(args: string[], steps: number, every = 0): ChildProcess {
  const told = { NODE_OPTIONS: "", VIT_DISTILL_THREADS: "1", STEPS: String(steps), EVERY: String(every) };
  const env = { ...process.env, ...told };
  return spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
}

/** Until the process has ended, with this exit code; null is for SIGKILL. */
function ended(child: ChildProcess, expected: 0 | null): Promise<void> {
  let said = "";
  child.stderr!.on("data", (text) => (said += text));
  return new Promise((resolve, reject) =>
    child.once("close", (code, signal) => {
      const isExpected = expected === 0 ? code === 0 : signal === "SIGKILL";
      if (isExpected) resolve();
      else reject(new Error(`The run ended with ${signal ?? `exit code ${code}`}:\n${said}`));
    }),
  );
}

interface Moment {
  at: Kill["at"];
  lines: number;
  writes: number;
  delay: number;
  /** Aborted when there is nothing left to kill. */
  signal: AbortSignal;
}

/** Resolves when it is time to kill. */
async function moment({ pid }: ChildProcess, dir: string, { at, lines, writes, delay, signal }: Moment): Promise<void> {
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal });
  while (!contentOf(dir, "run.lock").includes(`"pid":${pid},`)) await pause(1); // it has its models, and begins to read
  if (at !== "start") while (metricsLines(dir) < lines) await pause(1);
  if (at === "write") await sightings([dir, join(dir, "checkpoints")], 1 + writes, signal);
  else await pause(delay);
}

/** Resolves when so many temporary files have appeared. */
function sightings(folders: string[], count: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const seen = new Set<string>();
    for (const folder of folders)
      watch(folder, { signal }, (_, name) => {
        if (name?.endsWith(".tmp") && seen.add(name).size === count) resolve();
      });
  });
}

const metricsLines = (dir: string): number => contentOf(dir, "metrics.jsonl").split("\n").length - 1;

/** Empty for a file that is not there, or no more. */
function contentOf(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch {
    return "";
  }
}

const wholeStep = (dir: string): number => newestWhole(openRunFolder(dir))?.checkpoint.step ?? 0;

function tornFiles(dir: string): string[] {
  const names = [dir, join(dir, "checkpoints")].flatMap((folder) => readdirSync(folder));
  return names.flatMap((name) => /^\.(.+)\.\d+\.[0-9a-f]{8}\.tmp$/.exec(name)?.slice(1) ?? []);
}

/** What differs between two finished runs of what must not: files bit for bit, and metrics but for what a clock says. */
export function differences(one: string, other: string): string[] {
  const [a, b] = [outcome(one), outcome(other)];
  const names = [...new Set([...a.keys(), ...b.keys()])];
  return names.filter((name) => a.get(name) === undefined || b.get(name) === undefined || !a.get(name)!.equals(b.get(name)!));
}

function outcome(dir: string): Map<string, Buffer> {
  const run = openRunFolder(dir);
  const newest = checkpointsOf(run)[0].path;
  const files = [run.student, run.studentEma, run.studentBest, newest, newest.replace(/json$/, "safetensors")];
  const paths = files.filter((path) => existsSync(path));
  const metrics = run.readMetrics().map(withoutClock);
  return new Map([
    ...paths.map((path): [string, Buffer] => [path.slice(run.dir.length + 1), readFileSync(path)]),
    ...metrics.map((row, i): [string, Buffer] => [`line ${i + 1} of metrics.jsonl`, Buffer.from(JSON.stringify(row))]),
  ]);
}

function withoutClock(row: MetricsRow): object {
  const { time, imagesPerSecond, dataShare, teacherShare, ...lasting } = {
    imagesPerSecond: 0,
    dataShare: 0,
    teacherShare: 0,
    ...row,
  };
  return lasting;
}
