/** The engine in a process: its threads, worker threads, the end of a program, and the generated file. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { engineInfo, memory, ones, tidy } from "../../src/torch/index.js";
import { configureThreads } from "../../src/torch/threads.js";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url);
const node = (...args: string[]) => run(process.execPath, ["--import", "tsx", ...args], { cwd: root });
const works = () =>
  tidy(() =>
    ones([8, 8])
      .matmul(ones([8, 8]))
      .sum()
      .item(),
  ) === 512;

describe("worker threads", () => {
  const load = `import("tsx/esm/api").then(({ register }) => (register(), import(${JSON.stringify(new URL("worker.ts", import.meta.url))})))`;
  const start = (workerData: string) => new Worker(load, { eval: true, workerData });

  test("several compute at once, each with tensors of its own, and exit cleanly", async () => {
    const { tensors } = memory();
    const workers = [start("once"), start("once")];
    const answers = await Promise.all(workers.map((worker) => Promise.all([once(worker, "message"), once(worker, "exit")])));
    for (const [[{ values, tensors: own }], [code]] of answers) {
      expect(code).toBe(0);
      expect(values).toEqual([858, 158, 274, 266, 482]);
      expect(own).toBe(1);
    }
    expect(memory().tensors).toBe(tensors);
    expect(works()).toBe(true);
  });

  test("terminate() in mid-loop ends soon, and leaves the modes of others alone", async () => {
    const worker = start("forever");
    await once(worker, "message");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begin = performance.now();
    await worker.terminate();
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(works()).toBe(true);
    expect(tidy(() => ones([1]).requiresGrad_().mul(2).requiresGrad)).toBe(true);
  });
});

describe("threads", () => {
  const cores = availableParallelism();

  test("every core for torch and for OpenBLAS, and short waits, in the environment that the libraries read", () => {
    const env: NodeJS.ProcessEnv = {};
    expect(configureThreads(env)).toMatchObject({ threads: cores, blasThreads: String(cores) });
    expect(env).toEqual({ OMP_NUM_THREADS: String(cores), OPENBLAS_NUM_THREADS: String(cores), GOMP_SPINCOUNT: "10000" });
  });

  test("what the user set stays, and is given as the reason", () => {
    const env = { VIT_DISTILL_THREADS: "3", OMP_NUM_THREADS: "5", OPENBLAS_NUM_THREADS: "2", OMP_WAIT_POLICY: "PASSIVE" };
    const before = { ...env };
    const choice = configureThreads(env);
    expect(choice).toMatchObject({ threads: 3, blasThreads: "2" });
    expect(choice.reasons).toEqual([
      "3 torch threads: set by VIT_DISTILL_THREADS",
      "2 OpenBLAS threads: set by OPENBLAS_NUM_THREADS",
      "how threads wait: set by OMP_WAIT_POLICY",
    ]);
    expect(env).toEqual(before);
    expect(configureThreads({ OMP_NUM_THREADS: "5" })).toMatchObject({
      threads: 5,
      reasons: [expect.stringContaining("OMP_NUM_THREADS"), expect.anything(), expect.anything()],
    });
  });

  test("an empty variable is as none", () => {
    const env = { VIT_DISTILL_THREADS: "", OMP_NUM_THREADS: "4", OPENBLAS_NUM_THREADS: "" };
    expect(configureThreads(env)).toMatchObject({ threads: 4, blasThreads: "4" });
    expect(env.OPENBLAS_NUM_THREADS).toBe("4");
  });

  test.each(["0", "-1", "two", "1.5"])("%j threads are refused", (VIT_DISTILL_THREADS) =>
    expect(() => configureThreads({ VIT_DISTILL_THREADS })).toThrowCode("ERR_TORCH_ARGUMENT", VIT_DISTILL_THREADS),
  );

  test("the engine says what it is made of", () => {
    expect(engineInfo()).toMatchObject({
      libtorch: expect.stringMatching(/^\d+\.\d+/),
      threads: Number(process.env.OMP_NUM_THREADS),
    });
    expect(engineInfo().devices[0]).toBe("cpu");
  });
});

test("a program that ends with live tensors, borrowed memory and finalizers still to run is quiet", async () => {
  const code = `
    import { Generator, inferenceMode, ones, tensor } from "./src/torch/index.js";
    const kept = [tensor(new Float32Array(100), { share: true }), Generator.seeded(1), ones([3]).requiresGrad_().exp()];
    for (let i = 0; i < 1000; i++) ones([10]);
    gc();
    inferenceMode(() => process.exit(0));`;
  expect(await node("--expose-gc", "--input-type=module", "--eval", code)).toEqual({ stdout: "", stderr: "" });
});

test("src/torch/ops.generated.ts is what native/ops.txt says", async ({ skip }) => {
  const { libtorch } = engineInfo();
  skip(
    !libtorch.startsWith("1.13"),
    `the file is generated from 1.13's schemas, and libtorch ${libtorch} words some of them otherwise`,
  );
  await expect(node("tools/ops.ts", "--check")).resolves.toMatchObject({ stdout: "" });
});
