/** Which module is running: for whoever listens at the operator seam and wants to say where. */

import type { Module } from "./module.js";

/** The forward of any module. */
type Forward = (this: Module, ...args: unknown[]) => unknown;

export interface Followed {
  /** The innermost module that is running, as `blocks.1.mlp.fc1`; empty for the model itself, undefined where none runs. */
  now(): string | undefined;
  /** Leaves the modules as they were. */
  stop(): void;
}

/** Follows the calls of `forward` of a module and of all below it. A module under two names is called by the first. */
export function followCalls(root: Module): Followed {
  const running: string[] = [];
  const followed = new Set<Module>();
  for (const [name, module] of root.namedModules()) {
    const { forward } = module as Module & { forward?: Forward };
    if (!forward || followed.has(module)) continue;
    followed.add(module);
    const told: Forward = function (...args) {
      running.push(name);
      try {
        return forward.apply(this, args);
      } finally {
        running.pop();
      }
    };
    Object.defineProperty(module, "forward", { value: told, configurable: true });
  }
  return {
    now: () => running.at(-1),
    stop() {
      for (const module of followed) Reflect.deleteProperty(module, "forward");
    },
  };
}
