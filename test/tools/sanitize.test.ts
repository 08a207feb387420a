/** The sanitizers' logs are read: which reports are about our sources, where, and which say the same. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { split, summarise } from "../../tools/sanitize/reports.mjs";

const native = join(import.meta.dirname, "../../native");

const overflow = (
  file: string,
  value: number,
) => `${file}:38:11: runtime error: signed integer overflow: ${value} + 1 cannot be represented
    #0 0x7f0de96489ae in turn ${file}:38
    #1 0xc45d94 in v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke (/usr/bin/node+0xc45d94)
`;

const overrun = (address: string, file: string) => `=================================================================
==27802==ERROR: AddressSanitizer: heap-buffer-overflow on address ${address} at pc 0x7f96483667ac bp 0x7ffcad4a3780 sp 0x7ffcad4a3778
READ of size 4 at ${address} thread T0
    #0 0x7f621d8b94c8 in memcpy ../../../../src/libsanitizer/sanitizer_common/sanitizer_common_interceptors.inc:827
    #1 0x7f96483667ab in read ${file}:41

${address} is located 0 bytes to the right of 4-byte region
allocated by thread T0 here:
    #0 0x7f621d8b94c8 in operator new(unsigned long) ../../../../src/libsanitizer/asan/asan_new_delete.cpp:95
`;

const summaryOf = (...logs: string[]) => summarise(logs.flatMap(split)).map(({ place, says, times }) => ({ place, says, times }));

test("a place is named from native/, the innermost of ours", () => {
  expect(summaryOf(overrun("0x60900001", `${native}/gram-gap-cpu.cc`))).toEqual([
    { place: "gram-gap-cpu.cc:41", says: "heap-buffer-overflow", times: 1 },
  ]);
  expect(summaryOf(overflow("pixels/blur.cc", 7))).toMatchObject([{ place: "pixels/blur.cc:38", times: 1 }]);
});

test("two reports of one place and kind are one, whatever the addresses and values", () => {
  const file = `${native}/gram-gap-cpu.cc`;
  expect(summaryOf(overrun("0x60900001", file) + overrun("0x60900088", file))).toMatchObject([{ times: 2 }]);
  expect(summaryOf(overflow("pixels/blur.cc", 7), overflow("pixels/blur.cc", -8))).toMatchObject([{ times: 2 }]);
  expect(summaryOf(overflow("pixels/blur.cc", 7), overrun("0x60900001", "pixels/blur.cc"))).toHaveLength(2);
});

test("a report in which our sources do not occur has no place", () => {
  const elsewhere = [
    overrun("0x60900001", "/usr/include/ATen/Parallel.h"),
    overflow("../csu/libc-start.c", 7),
    overflow("probe.cc", 7),
  ];
  expect(summaryOf(...elsewhere)).toMatchObject([{ place: undefined, times: 3 }]);
});
