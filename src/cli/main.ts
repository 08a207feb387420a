#!/usr/bin/env node
/** The command line: finds the command, runs it, and turns what goes wrong into a sentence and an exit code. */
import { program } from "./program.js";
import { reportError } from "./report-error.js";

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
