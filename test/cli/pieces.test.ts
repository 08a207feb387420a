import { CommanderError } from "commander";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Progress, progressLine, type Status } from "../../src/cli/progress.js";
import { reportError, writeUsageError } from "../../src/cli/report-error.js";
import { list, million, percent, table } from "../../src/cli/table.js";
import { didYouMean, nearest } from "../../src/nearest.js";
import { UserError } from "../../src/user-error.js";

afterEach(() => vi.unstubAllEnvs());

describe("table", () => {
  test("words left, numbers right", () => {
    expect(
      table(
        ["who", "top-1"],
        [
          ["teacher", "93.10 %"],
          ["no", "8.00 %"],
        ],
      ),
    ).toBe(["who        top-1", "───────  ───────", "teacher  93.10 %", "no        8.00 %"].join("\n"));
  });

  test("lists and units", () => {
    expect(
      list([
        ["a", 1],
        ["long", "x"],
      ]),
    ).toBe("a     1\nlong  x");
    expect(million(5_717_416)).toBe("5.72 M");
    expect(percent(0.83333)).toBe("83.33 %");
  });
});

describe("progress", () => {
  const status: Status = {
    epoch: 2,
    epochs: 10,
    step: 150,
    steps: 1500,
    terms: { task: 1.23456, soft: 4e-5 },
    imagesPerSecond: 2399.6,
    teacherShare: 0.314,
  };
  const stream = (isTTY: boolean, columns = 200) => {
    const written: string[] = [];
    return { written, isTTY, columns, write: (text: string) => written.push(text) };
  };

  test("names the terms, the pace, the teacher's share and the time left", () => {
    expect(progressLine(status, 3725)).toBe(
      "epoch 2/10  step 150/1500  task 1.235  soft 4.00e-5  2400 img/s  teacher 31 %  ETA 1:02:05",
    );
    expect(progressLine({ ...status, teacherShare: 0 })).not.toContain("teacher");
  });

  test("a terminal has one line, rewritten, cut to its width", () => {
    const out = stream(true, 30);
    let time = 0;
    const progress = new Progress({ stream: out, now: () => time });
    progress.update(status);
    time = 50;
    progress.update({ ...status, step: 151 });
    time = 150;
    progress.update({ ...status, step: 152 });
    expect(out.written).toHaveLength(2);
    expect(out.written[1]).toBe("\r\x1b[2Kepoch 2/10  step 152/1500  t…");
    progress.note("val top-1 80.00 %");
    expect(out.written[2]).toBe("\r\x1b[2Kval top-1 80.00 %\n");
    progress.end();
    expect(out.written).toHaveLength(3);
  });

  test("elsewhere a plain line every few seconds, and the last step always", () => {
    const out = stream(false);
    let time = 0;
    const progress = new Progress({ stream: out, now: () => time });
    for (; time <= 12_000; time += 1000) progress.update({ ...status, step: 100 + time / 1000 });
    expect(out.written).toHaveLength(3);
    expect(out.written[1]).toMatch(/step 105\/1500.*ETA 23:15\n$/);
    progress.update({ ...status, step: 1500 });
    expect(out.written).toHaveLength(4);
    expect(out.written.join("")).not.toContain("\x1b");
  });
});

describe("errors", () => {
  const report = (error: unknown) => {
    let text = "";
    return { code: reportError(error, (part) => (text += part)), text };
  };

  test("an expected one is a sentence", () => {
    expect(report(new UserError("ERR_FILE", "gone", { where: "x.pth", remedy: "Fetch it." }))).toEqual({
      code: 1,
      text: "vit-distill: x.pth: gone. Fetch it. [ERR_FILE]\n",
    });
    expect(report(new RangeError("mat1 and mat2"))).toEqual({ code: 1, text: "vit-distill: mat1 and mat2\n" });
    const shapes = Object.assign(new RangeError("mat1 and mat2"), { code: "ERR_TORCH_SHAPE" });
    expect(report(shapes)).toEqual({ code: 1, text: "vit-distill: mat1 and mat2 [ERR_TORCH_SHAPE]\n" });
    const gone = Object.assign(new Error("gone"), { code: "ENOENT" });
    expect(report(gone)).toEqual({ code: 1, text: "vit-distill: gone\n" });
  });

  test("a slip of ours says so, and how to see more", () => {
    expect(report(new TypeError("x is not a function")).text).toMatch(
      /^vit-distill: TypeError: x is not a function\n.*\bVIT_DISTILL_DEBUG=1\b.*\n$/,
    );
    vi.stubEnv("VIT_DISTILL_DEBUG", "1");
    expect(report(new TypeError("oh")).text).toContain("pieces.test.ts");
  });

  test("what commander says of wrong usage has a code as well", () => {
    let text = "";
    writeUsageError("error: unknown option '--x'\n", (part) => (text += part));
    expect(text).toBe("error: unknown option '--x' [ERR_USAGE]\n");
  });

  test("usage is 2, help is 0", () => {
    expect(report(new CommanderError(1, "commander.unknownOption", "x"))).toEqual({ code: 2, text: "" });
    expect(report(new CommanderError(0, "commander.helpDisplayed", "x"))).toEqual({ code: 0, text: "" });
  });
});

test("the nearest word is one that a slip could have made", () => {
  const names = ["deit_tiny_patch16_224", "deit_small_patch16_224", "cait_s24_224"];
  expect(nearest("deit_tinny_patch16_224", names)).toBe("deit_tiny_patch16_224");
  expect(nearest("CAIT_S24_224", names)).toBe("cait_s24_224");
  expect(nearest("deit_tinny", names)).toBe("deit_tiny_patch16_224");
  expect(nearest("resnet", names)).toBeUndefined();
  expect(didYouMean("cait_s24", names)).toContain('"cait_s24_224"');
});
