/** Threads of our own code, from the built files or, where our own sources run as TypeScript (tests, tools), from those. */
import { Worker, type WorkerOptions } from "node:worker_threads";

/** Starts `entry`, named as it is built: `new URL("./thread.js", import.meta.url)`. */
export function startThread(entry: URL, options: WorkerOptions = {}): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(entry, options);
  const source = entry.href.replace(/\.js$/, ".ts");
  const load = `import("tsx/esm/api").then(({ register }) => (register(), import(${JSON.stringify(source)})))`; // a thread must be told how to read them
  return new Worker(load, { ...options, eval: true, execArgv: [] });
}
