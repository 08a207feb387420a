/** The lock of a run folder: one process has it, a dead one's is taken over, and a number that another process has got by now is no proof of life. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { FolderLock } from "../../src/train/lock.js";
import { identityOf, isGone } from "../../src/train/process-identity.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-lock-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const folder = () => mkdtempSync(join(scratch, "run-"));
const since = "2025-01-31T12:00:00.000Z";
const lockedBy = (holder: object): string => {
  const dir = folder();
  writeFileSync(join(dir, "run.lock"), `${JSON.stringify({ ...identityOf(), since, ...holder })}\n`);
  return dir;
};
const ended = spawnSync(process.execPath, ["-e", ""]).pid;

test("it is there while it is held, says who holds it, and goes without a trace", () => {
  const dir = folder();
  {
    using lock = new FolderLock(dir);
    expect(JSON.parse(readFileSync(lock.path, "utf8"))).toMatchObject({ ...identityOf(), since: expect.any(String) });
    expect(readdirSync(dir)).toEqual(["run.lock"]);
    lock.check();
    expect(() => new FolderLock(dir)).toThrowCode("ERR_RUN_LOCKED", dir, lock.path, /\b\d{4}-\d\d-\d\dT/);
  }
  expect(readdirSync(dir)).toEqual([]);
});

test("a process that runs keeps it", () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  try {
    const dir = lockedBy({ pid: other.pid, started: null });
    expect(() => new FolderLock(dir)).toThrowCode(
      "ERR_RUN_LOCKED",
      dir,
      new RegExp(`\\b${other.pid}\\b`),
      identityOf().host,
      since,
      join(dir, "run.lock"),
    );
    expect(existsSync(join(dir, "run.lock"))).toBe(true);
  } finally {
    other.kill();
  }
});

describe("taken over from", () => {
  const gone: [string, object][] = [
    ["a process that is dead", { pid: ended }],
    ["a process whose number another has got", { started: "1" }],
    ["a process before the machine's last start", { boot: "another" }],
  ];
  test.each(gone)("%s", (_, holder) => {
    const dir = lockedBy(holder);
    using lock = new FolderLock(dir);
    lock.check();
    expect(readdirSync(dir)).toEqual(["run.lock"]);
  });

  test("nobody: a lock that is not whole", () => {
    const dir = folder();
    writeFileSync(join(dir, "run.lock"), '{"pid":');
    using lock = new FolderLock(dir);
    lock.check();
  });
});

test("a process on another host cannot be seen, so that it keeps the folder", () => {
  const dir = lockedBy({ pid: ended, host: "elsewhere" });
  expect(() => new FolderLock(dir)).toThrowCode("ERR_RUN_LOCKED", dir, "elsewhere", since, join(dir, "run.lock"));
});

test("a process that has ended and was not asked for its exit code is gone", async () => {
  const parent = spawn("sh", ["-c", "sh -c 'echo $$; exec sleep 60' & exec sleep 60"]); // a sleep asks no child for its code
  try {
    const [text] = await once(parent.stdout, "data");
    const child = identityOf(Number(text));
    expect(isGone(child)).toBe(false);
    process.kill(child.pid, "SIGKILL");
    while (!isGone(child)) await setImmediate();
  } finally {
    parent.kill();
  }
});

test("one that was taken away by hand stops its holder, and the new holder's stays", () => {
  const dir = folder();
  const first = new FolderLock(dir);
  rmSync(first.path);
  expect(() => first.check()).toThrowCode("ERR_RUN_LOCKED", dir);
  using second = new FolderLock(dir);
  expect(() => first.check()).toThrowCode("ERR_RUN_LOCKED", dir, new RegExp(`\\b${process.pid}\\b`), identityOf().host);
  first[Symbol.dispose]();
  second.check();
});

test("a folder that cannot be written is a sentence", () => {
  expect(() => new FolderLock(join(scratch, "none"))).toThrowCode("ERR_FILE", join(scratch, "none", "run.lock"));
});
