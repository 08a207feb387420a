/** Set-up finds libtorch in its order, and says what is wrong with one that was named. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { findLibtorch } from "../../tools/setup/libtorch.mjs";
import { isAtLeast } from "../../tools/setup/node-version.mjs";

const root = mkdtempSync(join(tmpdir(), "libtorch-"));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
});

const beforeCxx11 = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs";
const sinceCxx11 = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";

const versionLines = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 6\n";

function unpack(at: string, { headers = true, symbol = sinceCxx11, cuda = false } = {}): string {
  const api = join(at, "include/torch/csrc/api/include/torch");
  mkdirSync(join(at, "lib"), { recursive: true });
  for (const name of ["libtorch_cpu.so", ...(cuda ? ["libtorch_cuda.so"] : [])]) writeFileSync(join(at, "lib", name), "");
  writeFileSync(join(at, "lib/libc10.so"), `\0${symbol}\0`);
  if (!headers) return at;
  mkdirSync(api, { recursive: true });
  writeFileSync(join(api, "version.h"), versionLines);
  return at;
}

/** A python that answers where its torch is. */
function python(torch: string): string {
  const file = join(folder, "python");
  writeFileSync(file, `#!/bin/sh\necho ${torch}\n`, { mode: 0o755 });
  return file;
}

test("LIBTORCH comes first", () => {
  const named = unpack(join(folder, "named"));
  const other = python(unpack(join(folder, "site-packages/torch")));
  const found = findLibtorch({ environment: { LIBTORCH: named }, pythons: [other] });
  expect(found).toMatchObject({ origin: "LIBTORCH", version: "2.6", lib: join(named, "lib"), cuda: false, cxx11: true });
});

test("the version is found where later libtorches keep it", () => {
  const named = unpack(join(folder, "named"));
  writeFileSync(join(named, "include/torch/csrc/api/include/torch/version.h"), "#include <torch/headeronly/version.h>\n");
  mkdirSync(join(named, "include/torch/headeronly"));
  writeFileSync(join(named, "include/torch/headeronly/version.h"), versionLines);
  expect(findLibtorch({ environment: { LIBTORCH: named } })).toMatchObject({ version: "2.6" });
});

test("LIBTORCH that is no libtorch is refused with what it lacks", () => {
  const find = () => findLibtorch({ environment: { LIBTORCH: folder } });
  for (const fact of [folder, "version.h", "lib/libtorch_cpu.so"]) expect(find).toThrow(fact);
});

test("an installed Python's torch comes next, with its string type and CUDA", () => {
  const torch = unpack(join(folder, "torch"), { symbol: beforeCxx11, cuda: true });
  expect(findLibtorch({ environment: {}, pythons: [python(torch)] })).toMatchObject({
    lib: join(torch, "lib"),
    cuda: true,
    cxx11: false,
  });
});

test("the standard is the one that its headers ask for, and not below ours", () => {
  const named = unpack(join(folder, "named"));
  const ask = (standard: number) => {
    mkdirSync(join(named, "include/ATen"), { recursive: true });
    writeFileSync(
      join(named, "include/ATen/ATen.h"),
      `#error C++${standard} or later compatible compiler is required to use ATen.`,
    );
    return findLibtorch({ environment: { LIBTORCH: named } })?.standard;
  };
  expect(findLibtorch({ environment: { LIBTORCH: named } })).toMatchObject({ standard: 17 });
  expect([ask(14), ask(17), ask(20)]).toEqual([17, 17, 20]);
});

test("a wheel whose CUDA library lacks what it links is one without CUDA", () => {
  const torch = unpack(join(folder, "torch"), { cuda: true });
  const source = join(folder, "empty.c");
  writeFileSync(source, "");
  const build = (...args: string[]) => execFileSync("g++", ["-shared", "-fPIC", "-xc++", source, ...args]);
  build("-o", join(folder, "libgone.so"), "-Wl,-soname,libgone.so");
  build("-o", join(torch, "lib/libtorch_cuda.so"), "-Wl,--no-as-needed", `-L${folder}`, "-lgone");
  expect(findLibtorch({ environment: { LIBTORCH: torch } })).toMatchObject({ cuda: false });
});

test("the word system passes over every Python's torch", () => {
  const other = python(unpack(join(folder, "torch")));
  const found = findLibtorch({ environment: { LIBTORCH: "system" }, pythons: [other] });
  expect(found?.lib ?? "").not.toContain(folder);
});

test("a Python's torch without headers is passed over aloud", () => {
  const notes: string[] = [];
  const bare = python(unpack(join(folder, "torch"), { headers: false }));
  const found = findLibtorch({ environment: {}, pythons: [bare], note: (text: string) => notes.push(text) });
  expect(found?.origin).not.toBe(`the torch of ${bare}`);
  expect(notes).toEqual([`the torch of ${bare} has no headers, going on`]);
});

test("a Python's torch whose libraries are links elsewhere is the system's", () => {
  const torch = unpack(join(folder, "torch"));
  const elsewhere = unpack(join(folder, "usr"));
  rmSync(join(torch, "lib/libtorch_cpu.so"));
  symlinkSync(join(elsewhere, "lib/libtorch_cpu.so"), join(torch, "lib/libtorch_cpu.so"));
  const linked = python(torch);
  expect(findLibtorch({ environment: {}, pythons: [linked] })?.origin).not.toBe(`the torch of ${linked}`);
});

test.each([
  ["20.19.0", true],
  ["20.20.2", true],
  ["22.0.0", true],
  ["20.18.3", false],
  ["18.20.0", false],
])("Node.js %s against >=20.19.0: %s", (version, expected) => {
  expect(isAtLeast(version, ">=20.19.0")).toBe(expected);
});
