/** What a run was made of besides its recipe: enough to tell later why two runs differ. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { filesRead, hashFile, hashTensors } from "../checkpoint/index.js";
import { type Dataset, fingerprint } from "../data/index.js";
import type { Model } from "../models/index.js";
import { type EngineInfo, engineInfo } from "../torch/index.js";
import type { FirstWeights } from "./first-weights.js";
import type { PrecisionChoice } from "./precision.js";
import type { RecipeData } from "./recipe.js";

export interface Manifest {
  created: string;
  command: string[];
  versions: { "vit-distill": string; node: string; libtorch: string };
  /** The commit of the working folder, with `-dirty` for uncommitted changes; null outside a repository. */
  commit: string | null;
  seed: number;
  device: string;
  /** What the models run in, and how that was found: a run that goes on keeps it. */
  precision: PrecisionChoice;
  /** What the student began with, where `--init` said so; null for the recipe's own weights. */
  init: FirstWeights | null;
  /** SHA-256 by split, over classes, labels, and pixels in memory or the names of picture files. */
  data: Record<string, { name: string; n: number; sha256: string }>;
  /** SHA-256 of every teacher's tensors, wherever they came from. */
  teachers: { name: string; sha256: string }[];
  /** SHA-256 by file, of the run's models' and of all others that were read before it, but not for another run's models. */
  weights: Record<string, string>;
  machine: { system: string; processor: string; cores: number; memory: number };
  engine: EngineInfo;
}

export interface ManifestOptions {
  seed: number;
  device: string;
  precision: PrecisionChoice;
  init: FirstWeights | null;
  data: RecipeData;
  /** The weight files of the run's models. */
  files: readonly string[];
  teachers: readonly Model[];
}

export function makeManifest({ seed, device, precision, init, data, files, teachers }: ManifestOptions): Manifest {
  const engine = engineInfo();
  const splits = Object.entries({ train: data.train, val: data.val, test: data.test }).filter(
    (split): split is [string, Dataset] => split[1] !== undefined,
  );
  return {
    created: new Date().toISOString(),
    command: process.argv.slice(2),
    versions: { "vit-distill": packageVersion(), node: process.versions.node, libtorch: engine.libtorch },
    commit: commit(),
    seed,
    device,
    precision,
    init,
    data: Object.fromEntries(
      splits.map(([split, dataset]) => [split, { name: dataset.name, n: dataset.n, sha256: fingerprint(dataset) }]),
    ),
    teachers: teachers.map((teacher) => ({ name: teacher.info.name, sha256: hashTensors(teacher.stateDict()) })),
    weights: Object.fromEntries([...new Set([...filesRead(), ...files])].map((file) => [file, hashFile(file)])),
    machine: {
      system: `${platform()} ${release()} ${arch()}`,
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memory: totalmem(),
    },
    engine,
  };
}

export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

function commit(): string | null {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "-dirty");
  } catch {
    return null;
  }
}
