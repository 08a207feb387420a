/** Tests run in two forks with one libtorch thread each: the fast ones first, then those that take longer. */

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src", import.meta.url));

/** The tier after the fast one: test/README.md. */
const ci = ["test/e2e/**/*.test.ts", "test/golden/**/*.test.ts"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^vit-distill$/, replacement: `${src}/index.ts` },
      { find: /^vit-distill\/(.+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    pool: "forks",
    maxWorkers: 2,
    env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", NVIDIA_TF32_OVERRIDE: "0" }, // a GPU multiplies in float32, too
    setupFiles: ["test/setup.ts"],
    hookTimeout: 300_000, // a guard against hanging, not a measure: a busy disk may take its time
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ci,
          testTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "ci", include: ci, testTimeout: 600_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
