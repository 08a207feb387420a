/** One side of a bench: a child process that answers a JSON line with a JSON line. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export type Environment = Record<string, string | undefined>;

export class Program {
  static readonly #running = new Set<Program>();

  /** Ends what a bench that failed left behind, even in the middle of an answer. */
  static endAll(): void {
    for (const program of Program.#running) program.#child.kill();
  }

  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor([file, ...args]: string[], environment: Environment = {}) {
    this.#name = [file, ...args].join(" ");
    const env = { ...process.env, ...environment };
    this.#child = spawn(file, args, { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    Program.#running.add(this);
    this.#child.once("close", () => Program.#running.delete(this));
    // a program that cannot start, or is gone, gives no answer, which `ask` tells
    this.#child.once("error", (error) => console.error(error.message));
    this.#child.stdin.on("error", () => {});
  }

  async ask<Answer>(what: string, details: Record<string, unknown> = {}): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify({ do: what, ...details })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#name} ended instead of answering "${what}": its words are above`);
    return JSON.parse(value);
  }

  /** Largest resident set so far, in MiB, as Linux counts it. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** Peaks are counted from now on: the one so far becomes what is resident now. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, "5");
  }

  /** By how much the resident set grows at its peak while an answer is made, in MiB. */
  async growth(what: string, details: Record<string, unknown> = {}): Promise<number> {
    this.forgetPeak();
    const before = this.peakMemory();
    await this.ask(what, details);
    return this.peakMemory() - before;
  }

  /** What the process and its children hold now, in MiB; pages that several share count once. */
  familyMemory(): number {
    return familyOf(this.#child.pid!).reduce((sum, pid) => sum + shareOf(pid), 0) / 1024;
  }

  end(): void {
    this.#child.stdin.end();
  }
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/** In kB. */
const shareOf = (pid: number): number => Number(/^Pss:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
