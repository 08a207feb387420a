/**
 * The program that opens damaged teachers: `open-damaged.ts FILE FROM TO FOLDER`. After each it writes a line of JSON, so that whoever
 * started it knows which one ended it; last, the most memory that it held.
 */
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { onnxTeacher, Rng, tidy, torchScriptTeacher, UserError, zeros } from "vit-distill";
import { damaged } from "./damage.js";

export interface Opened {
  round: number;
  /** Of an error that is no UserError, its stack. */
  end: "answers" | "refused" | "fails";
  words?: string;
  code?: string;
}

const [file, from, to, folder] = process.argv.slice(2);
const whole = readFileSync(file);
const input = { size: 16, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const make = file.endsWith(".onnx") ? onnxTeacher : torchScriptTeacher;

function ask(path: string, taps: readonly string[]): void {
  const teacher = make(path, { input, taps, note: () => {} });
  try {
    tidy(() => void teacher.forward(zeros([2, 3, 16, 16]), { taps }));
  } finally {
    teacher.dispose();
  }
}

function open(path: string, round: number): Opened {
  try {
    ask(path, round % 2 === 0 ? [] : [file.endsWith(".onnx") ? "hidden_0" : "blocks.0"]);
    return { round, end: "answers" };
  } catch (error) {
    if (error instanceof UserError)
      return { round, end: "refused", code: error.code, words: error.message.replace(path, "teacher") };
    return { round, end: "fails", words: (error as Error).stack };
  }
}

const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
for (let round = Number(from); round < Number(to); round++) {
  const path = join(folder, `teacher${extname(file)}`);
  writeFileSync(path, damaged(whole, Rng.from(1, basename(file), round)));
  say(open(path, round));
}
say({ peak: 1024 * process.resourceUsage().maxRSS });
process.exit(0); // threads of ONNX Runtime may still be on their way out
