/**
 * Sets everything up, and does nothing twice. Plain Node.js: it runs before node_modules exists.
 * Usage: node tools/setup.mjs [--quiet] [--until=addon]
 */
import { pathToFileURL } from "node:url";
import { addon } from "./setup/addon.mjs";
import { blas } from "./setup/blas.mjs";
import { compiler } from "./setup/compiler.mjs";
import { engineLibrary } from "./setup/engine-library.mjs";
import { fashionMnist } from "./setup/fashion-mnist.mjs";
import { jpeg } from "./setup/jpeg.mjs";
import { nodeVersion } from "./setup/node-version.mjs";
import { npmPackages } from "./setup/npm-packages.mjs";
import { Refusal } from "./setup/refusal.mjs";
import { step } from "./setup/step.mjs";
import { typescript } from "./setup/typescript.mjs";

const untilAddon = process.argv.includes("--until=addon");

function setUp() {
  step("Node.js", nodeVersion);
  step("compiler", compiler);
  const torch = step("libtorch", engineLibrary);
  step("BLAS", (say) => blas(torch, say));
  step("JPEG", jpeg);
  step("packages", npmPackages);
  step("addon", (say) => addon(torch, say));
  if (untilAddon) return;
  step("TypeScript", typescript);
  step("Fashion-MNIST", fashionMnist);
}

/** True when everything stands; otherwise one sentence was printed and the process will exit with 1. */
export function setUpOrSay() {
  try {
    setUp();
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`setup  failed: ${error.message}`);
    process.exitCode = 1;
    return false;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) setUpOrSay();
