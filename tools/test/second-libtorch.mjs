/**
 * The engine's tests against a second libtorch, where there is one: the folder that LIBTORCH_2 names (an unpacked libtorch, or
 * the torch folder of a Python). One source must serve 1.13 and 2.x.
 */
import { execFileSync } from "node:child_process";
import { root } from "../setup/paths.mjs";
import { runTests } from "./vitest.mjs";

const engine = ["test/torch/", "test/nn/", "test/optim/"];

/** Builds against the libtorch that `environment` leads to; native/build/vit_distill.node is then that addon. */
const build = (environment) =>
  execFileSync("make", ["-C", "native", "-j2", "--silent"], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
  });

export async function testSecondLibtorch() {
  const { LIBTORCH_2: second } = process.env;
  if (!second) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`\nthe engine once more, against ${second}`);
  try {
    build({ ...process.env, LIBTORCH: second });
    return await runTests(engine);
  } catch (error) {
    console.error(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    build(process.env);
  }
}
