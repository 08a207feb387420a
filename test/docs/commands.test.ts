/** Every command that the pages name exists, with the options that they give it: by the programs themselves, without running. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { program } from "../../src/cli/program.js";
import { argumentsOf, type Line, mentioned, typed } from "./commands.js";
import { root } from "./pages.js";

/** The program and its commands parse and refuse as ever, and do nothing. */
function withoutActions(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  command.commands.forEach(withoutActions);
  return command;
}

withoutActions(program);

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

const faults = (lines: readonly Line[], faultOf: (line: Line) => string | undefined): string[] =>
  lines.flatMap((line) => {
    const fault = faultOf(line);
    return fault ? [`${line.where}: ${line.words.join(" ")}: ${fault}`] : [];
  });

/** What commander says to a whole command line. */
function refusal(args: string[]): string | undefined {
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    return (error as Error).message;
  }
}

/** In a sentence arguments may be missing: only names are looked at. */
function unknownName(args: string[], command = program): string | undefined {
  const [name, ...others] = args;
  const below = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
  if (below) return unknownName(others, below);
  if (command.commands.length > 0 && name && !name.startsWith("-")) return `${command.name()} has no command ${name}`;
  const known = [...command.options.map(({ long }) => long), "--help"];
  return args.find((word) => word.startsWith("--") && !known.includes(word.split("=")[0]));
}

/** A script's own options stand in its source, where it reads them or says how it is used. */
function unknownScript([, ...words]: string[]): string | undefined {
  if (words[0] === "install") return; // npm's own
  const [name, ...others] = words[0] === "run" ? words.slice(1) : words;
  const script = scripts[name];
  if (!script) return `package.json has no script ${name}`;
  const source = script.match(/\S+\.(ts|mjs)$/)?.[0];
  const options = others.filter((word) => /^--\w/.test(word));
  if (options.length === 0) return;
  const text = source ? readFileSync(join(root, source), "utf8") : "";
  return options.find((option) => !text.includes(option));
}

test("there are commands to look at", () => {
  expect(typed.length).toBeGreaterThan(20);
  expect(mentioned.length).toBeGreaterThan(40);
});

test("command lines parse", () => {
  const faultOf = (line: Line) => {
    const args = argumentsOf(line);
    return args ? refusal(args) : unknownScript(line.words);
  };
  const ours = typed.filter((line) => argumentsOf(line) || line.words[0] === "npm");
  expect(faults(ours, faultOf)).toEqual([]);
});

test("commands in sentences exist", () => {
  const faultOf = (line: Line) => {
    const args = argumentsOf(line);
    return args ? unknownName(args) : unknownScript(line.words);
  };
  const ours = mentioned.filter((line) => argumentsOf(line) || line.words[0] === "npm");
  expect(faults(ours, faultOf)).toEqual([]);
});

test("a wrong command line is told", () => {
  expect(refusal(["train", "recipe.ts", "--smok"])).toMatch(/unknown option '--smok'/);
  expect(refusal(["trane", "recipe.ts"])).toMatch(/unknown command 'trane'/);
  expect(refusal(["distill", "--data", "photos"])).toMatch(/required option '--teacher/);
  expect(unknownName(["cache", "list", "folder"])).toBe("cache has no command list");
  expect(unknownName(["train", "--smok"])).toBe("--smok");
  expect(unknownScript(["npm", "run", "benchmark"])).toBe("package.json has no script benchmark");
  expect(unknownScript(["npm", "run", "ops", "--", "--chek"])).toBe("--chek");
});
