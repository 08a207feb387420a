/** The one place where an error meets the user: a sentence on stderr with its code, and an exit code; the stack only for who asks. */
import { CommanderError } from "commander";
import type { ErrorCode } from "../error-codes.js";

const USAGE = 2;
const FAILURE = 1;

/** Print the error and return the exit code. */
export function reportError(error: unknown, write: (text: string) => unknown = (text) => process.stderr.write(text)): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE; // commander has written its sentence
  const { name, message, stack } = error as Error;
  write(`vit-distill: ${withCode(isSlip(error) ? `${name}: ${message}` : message, codeOf(error))}\n`);
  if (process.env.VIT_DISTILL_DEBUG === "1") write(`${stack}\n`);
  else if (isSlip(error)) write("This was not foreseen; VIT_DISTILL_DEBUG=1 shows where it happened.\n");
  return FAILURE;
}

/** What commander says of a command line that it cannot read, as it writes it. */
export function writeUsageError(text: string, write: (text: string) => void): void {
  const usage: ErrorCode = "ERR_USAGE";
  write(`${withCode(text.trimEnd(), usage)}\n`);
}

const withCode = (sentence: string, code: string | undefined): string => (code ? `${sentence} [${code}]` : sentence);

/** Ours, libtorch's or Node's; file systems have codes of another kind, which say nothing that the sentence does not. */
function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("ERR_") ? code : undefined;
}

// what JavaScript itself throws; every error of ours, of libtorch's and of Node's says what is wrong
function isSlip(error: unknown): boolean {
  return (error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError) && !("code" in error);
}
