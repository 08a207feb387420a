/** Benches run one after the other: what fails says why and harms nobody, and the exit code tells. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { row, table } from "../../bench/form.js";
import { Program } from "../../bench/program.js";
import { type Bench, exitCode, outcomeOf } from "../../bench/run.js";
import { engineInfo } from "../../src/torch/index.js";

const options = { threads: 1, note: () => {} };
const good: Bench = {
  about: "",
  run: async () => ({ rows: [row("step", "ms", 50, 100, 0.6, 25), row("memory", "MiB", 3, 2, 1)], details: { threads: 1 } }),
};
const lacking: Bench = {
  about: "",
  run: async () => ({ rows: [], missing: [{ name: "compiled", why: "no torch 2" }], details: { threads: 1 } }),
};
const failing: Bench = {
  about: "",
  run: async () => {
    throw new Error("PyTorch is missing.\nInstall it with: …");
  },
};

test("a bench that fails is a row that says why", async () => {
  const notes: string[] = [];
  const outcome = await outcomeOf("engine", failing, { threads: 1, note: (text) => notes.push(text) });
  expect(outcome).toMatchObject({
    failed: true,
    rows: [],
    missing: [{ name: "all of it", why: "PyTorch is missing. Install it with: …" }],
  });
  expect(notes).toEqual(["PyTorch is missing.\nInstall it with: …"]);
});

test.each([
  ["that cannot start", ["/no/such/program"]],
  ["that ends at once", [process.execPath, "--eval", ""]],
])("a program %s fails its bench, not the run", async (_, command) => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const gone: Bench = {
    about: "",
    run: async () => {
      await new Program(command).ask("describe");
      return { rows: [], details: { threads: 1 } };
    },
  };
  const { failed, missing } = await outcomeOf("gone", gone, options);
  said.mockRestore();
  expect(failed).toBe(true);
  expect(missing[0].why).toContain(command.join(" "));
  expect(missing[0].why).toContain('"describe"');
});

test("what was found names its machine, commit and threads", async () => {
  const { machine, rows } = await outcomeOf("good", good, options);
  expect(rows).toHaveLength(2);
  expect(machine).toMatchObject({ threads: 1, node: process.version, cores: expect.any(Number), isa: engineInfo().isa });
  expect(machine).toHaveProperty("commit");
});

test("the exit code tells of failures always, of targets when asked to check", async () => {
  const [met, unmet, lacks, fails] = await Promise.all([
    outcomeOf("met", { ...good, run: async () => ({ rows: [row("step", "ms", 1, 2, 1)], details: { threads: 1 } }) }, options),
    outcomeOf("unmet", good, options),
    outcomeOf("lacks", lacking, options),
    outcomeOf("fails", failing, options),
  ]);
  const codes = (check: boolean) => [[met], [met, unmet], [met, lacks], [met, fails]].map((all) => exitCode(all, check));
  expect(codes(false)).toEqual([0, 0, 0, 1]);
  expect(codes(true)).toEqual([0, 1, 1, 1]);
});

test("the table shows a bound where there is one, and what was not run at its end", async () => {
  const { rows } = await outcomeOf("good", good, options);
  const lines = table("all", rows, [{ name: "compiled", why: "no torch 2" }]).split("\n");
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ["all", "ours", "PyTorch", "ratio", "target", "bound"],
    ["step", "50.0 ms", "100 ms", "0.50", "<= 0.6", "25.0 ms", "ok"],
    ["memory", "3.00 MiB", "2.00 MiB", "1.50", "<= 1", "–", "MISSED"],
    ["compiled", "–", "–", "–", "–", "–", "not run: no torch 2"],
  ]);
});

test("the command ends with the row of a bench that lacks PyTorch, and with 1", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "bench/main.ts", "engine"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, PYTHON: "/bin/false" },
    encoding: "utf8",
  });
  expect(stderr).toMatch(/^\d+:\d\d engine \(1 of 1\): .*\n\d+:\d\d engine \(1 of 1\): .*\bPyTorch\b/);
  expect(stdout).toMatch(/^engine {2,}ours.*\nall of it .*\bPyTorch\b/);
  expect(status).toBe(1);
});
