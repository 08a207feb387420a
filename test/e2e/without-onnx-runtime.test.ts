/** Where ONNX Runtime is not installed, an ONNX file says how to install it. */
import { execFile } from "node:child_process";
import { cpSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { folderWith } from "./command.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

test("the sentence names the command", async () => {
  const folder = folderWith({
    "package.json": '{ "type": "module" }',
    "open.js": `
      import { fileFacts } from "./dist/models/foreign/index.js";
      try { fileFacts(process.argv[2], "onnx"); } catch (error) { console.log(error.code + ": " + error.message); }
    `,
  });
  try {
    cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
    symlinkSync(join(root, "native"), join(folder, "native"));
    const { stdout } = await run(process.execPath, ["open.js", join(root, "test/models/foreign/vit.onnx")], { cwd: folder });
    expect(stdout.trim()).toMatch(/^ERR_MISSING_PACKAGE: .*\bONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
