/** Which process one is, so that another can tell later whether it still runs: a number alone is given to the next process one day. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname, platform } from "node:os";

export interface ProcessIdentity {
  pid: number;
  host: string;
  /** Which start of the machine; null where the system does not tell. */
  boot: string | null;
  /** When the process began, as the system counts; null where it does not tell. */
  started: string | null;
}

/** Of a process on this machine; of this one unless told. */
export const identityOf = (pid = process.pid): ProcessIdentity => ({
  pid,
  host: hostname(),
  boot: bootOf(),
  started: startOf(pid),
});

/** Whether a process runs no more. One on another host cannot be seen from here and counts as running. */
export function isGone({ pid, host, boot, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  if (boot !== bootOf() || !exists(pid)) return true;
  const now = startOf(pid);
  return now !== null && started !== null && now !== started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}

function startOf(pid: number): string | null {
  try {
    return platform() === "linux" ? startInProc(pid) : startByPs(pid);
  } catch {
    return null;
  }
}

const ENDED = "ended"; // and its parent has not asked for its exit code

/** Ticks since the machine's start, field 22; the second, the command's name, may hold spaces and brackets. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function startInProc(pid: number): string {
  const [state, ...others] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return "ZX".includes(state) ? ENDED : others[18];
}

function startByPs(pid: number): string {
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

function bootOf(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
