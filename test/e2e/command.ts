/** The built command line as a user runs it, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `vit-distill ...args` in `cwd`; `watch` sees stderr grow and may signal the process. */
export function vitDistill(
  args: readonly string[],
  cwd: string,
  watch: (err: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
  environment: Record<string, string> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, NODE_OPTIONS: "", ...environment } });
  const ended: Ended = { code: null, out: "", err: "" };
  child.stdout.on("data", (part) => (ended.out += part));
  child.stderr.on("data", (part) => {
    ended.err += part;
    watch(ended.err, (signal) => child.kill(signal));
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ ...ended, code }));
  });
}

/** A watcher that sends the signal once, when stderr shows the sign. */
export function signalAt(sign: RegExp, signal: NodeJS.Signals): (err: string, kill: (signal: NodeJS.Signals) => void) => void {
  let isSent = false;
  return (err, kill) => {
    if (isSent || !sign.test(err)) return;
    isSent = true;
    kill(signal);
  };
}

/** A folder with these files in it. */
export function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), "vit-distill-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A recipe of a second: 28×28 pictures of noise in three classes, a student of 14×14 patches; `changes` are spread over it. */
export function tinyRecipe(changes = "", { before = "" } = {}): string {
  return `
import * as v from "vit-distill";
${before}
const n = 48;
const noise = v.samples({
  name: "noise", channels: 1, height: 28, width: 28, classes: ["a", "b", "c"],
  images: Uint8Array.from({ length: n * 784 }, (_, i) => (i * 2654435761) >>> 24), labels: Uint8Array.from({ length: n }, (_, i) => i % 3),
});
const small = (options: v.VitOptions): v.Model => v.vit({ imgSize: 28, inChannels: 1, numClasses: 3, embedDim: 16, depth: 2, heads: 2, patchSize: 2, ...options });
export default v.defineRecipe(({ smoke }) => ({
  student: () => small({ patchSize: 2 }),
  method: v.none(),
  data: { train: noise, val: noise, test: noise, batchSize: 8 },
  steps: smoke ? 4 : 100_000,
  optimizer: v.adamW({ lr: 1e-3 }),
  precision: "float32",
  logEvery: 1,
  ${changes}
}));
`;
}
