/** Compiles sources that lie nowhere, as if they lay in the project: one program for all. */
import { join } from "node:path";
import ts from "typescript";
import { root } from "./pages.js";

export interface Source {
  /** From the project's root. */
  path: string;
  /** Declarations that come first and are not counted among its lines. */
  before: string;
  code: string;
}

export interface Fault {
  /** From 0. */
  line: number;
  text: string;
}

function options(): ts.CompilerOptions {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.check.json"),
    { incremental: false, noUnusedLocals: false, noUnusedParameters: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  const { tsBuildInfoFile: _, ...others } = config!.options;
  return others;
}

/** One list of faults for each source. */
export function faultsOf(sources: readonly Source[]): Fault[][] {
  const texts = new Map(sources.map(({ path, before, code }) => [join(root, path), `${before}\n${code}\nexport {};\n`]));
  const host = ts.createCompilerHost(options());
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...others) =>
    texts.has(file) ? ts.createSourceFile(file, texts.get(file)!, version) : getSourceFile(file, version, ...others);
  const program = ts.createProgram([...texts.keys()], options(), host);
  return sources.map(({ path, before }) => {
    const file = program.getSourceFile(join(root, path))!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start = 0, messageText }) => ({
      line: file.getLineAndCharacterOfPosition(start).line - before.split("\n").length,
      text: ts.flattenDiagnosticMessageText(messageText, " "),
    }));
  });
}
