/** The one place where an error meets the user: a sentence on stderr and an exit code; the stack only for who asks. */
import { CommanderError } from "commander";

const USAGE = 2;
const FAILURE = 1;

/** Print the error and return the exit code. */
export function reportError(error: unknown, write: (text: string) => unknown = (text) => process.stderr.write(text)): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE; // commander has written its sentence
  const { name, message, stack } = error as Error;
  write(`vit-distill: ${isSlip(error) ? `${name}: ${message}` : message}\n`);
  if (process.env.VIT_DISTILL_DEBUG === "1") write(`${stack}\n`);
  else if (isSlip(error)) write("This was not foreseen; VIT_DISTILL_DEBUG=1 shows where it happened.\n");
  return FAILURE;
}

// what JavaScript itself throws; every error of ours, of libtorch's and of Node's says what is wrong
function isSlip(error: unknown): boolean {
  return (error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError) && !("code" in error);
}
