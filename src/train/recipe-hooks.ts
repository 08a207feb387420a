/** Module hooks by which Node imports TypeScript recipes: `vit-distill` is the program that is running, types are stripped. https://nodejs.org/api/module.html#customization-hooks */
import { readFile } from "node:fs/promises";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import { type Message, type TransformFailure, transform } from "esbuild";

let packageFolder: string; // URL of src/ or dist/

export const initialize: InitializeHook<{ packageFolder: string }> = (data) => {
  packageFolder = data.packageFolder;
};

/** A second copy of the engine would know nothing of the first one's tensors, so a recipe gets the modules of this process wherever it lies. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === "vit-distill") return next(new URL("index.js", packageFolder).href, context);
  if (specifier.startsWith("vit-distill/"))
    return next(new URL(`${specifier.slice("vit-distill/".length)}/index.js`, packageFolder).href, context);
  const typed = context.parentURL?.endsWith(".ts") ? typescriptOf(specifier) : undefined;
  if (typed === undefined) return next(specifier, context);
  try {
    return await next(typed, context);
  } catch {
    return next(specifier, context);
  }
};

/** `./base.js` and `./base` as TypeScript writes them. */
function typescriptOf(specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier) || specifier.endsWith(".ts")) return undefined;
  return `${specifier.replace(/\.js$/, "")}.ts`;
}

export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const file = fileURLToPath(url);
  return { format: "module", source: await strip(await readFile(file, "utf8"), file), shortCircuit: true };
};

async function strip(source: string, file: string): Promise<string> {
  try {
    const { code } = await transform(source, {
      loader: "ts",
      format: "esm",
      target: "es2022",
      sourcemap: "inline",
      sourcefile: file,
      logLevel: "silent",
    });
    return code;
  } catch (error) {
    throw Object.assign(new Error(firstFault((error as TransformFailure).errors, file)), { code: "ERR_RECIPE_SYNTAX" });
  }
}

function firstFault([{ text, location }]: Message[], file: string): string {
  return `${file}${location ? `:${location.line}:${location.column + 1}` : ""}: ${text}`;
}
