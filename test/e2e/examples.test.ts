/** The examples end as their headers say. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("two runs side by side in one process, told through events", () => {
  const folder = mkdtempSync(join(tmpdir(), "vit-distill-example-"));
  try {
    const args = ["--import", join(root, "node_modules/tsx/dist/esm/index.mjs"), join(root, "examples/two-runs.ts")];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["alone", "soft"])
      expect(stdout).toMatch(new RegExp(`${name}: step 40/40 .*\\n(.*\\n)*${name}: best \\d`));
    expect(stdout).toMatch(/ 0\n$/);
    expect(readdirSync(join(folder, "runs"))).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
