/** Our programs as users' programs run: compiled, on the built package, with nothing loaded that only development needs. */
import { build, type Plugin } from "esbuild";

const file = (path: string) => new URL(path, import.meta.url).pathname;
const folder = file("../.setup/bench");

/** What they share with the tests imports the sources; here it has to be the package, or there would be two engines. */
const thePackage: Plugin = {
  name: "package",
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/\w+\/index\.js$/ }, ({ path }) => ({
      path: path.replace(/^.*\/src\/(\w+)\/index\.js$/, "vit-distill/$1"),
      external: true,
    }));
  },
};

/** Compiles all of `ours/`. */
export async function compileOurs(): Promise<void> {
  await build({
    entryPoints: [file("ours/*.ts")],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    plugins: [thePackage],
  });
}

/** Where `ours/NAME.ts` lies compiled. */
export const compiled = (name: string): string => `${folder}/${name}.mjs`;
