/** Tests run in two forks with one libtorch thread each: the fast ones first, then test/e2e. */

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src", import.meta.url));

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
          exclude: ["test/e2e/**"],
          testTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "end to end", include: ["test/e2e/**/*.test.ts"], testTimeout: 600_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
