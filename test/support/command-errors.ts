/**
 * `expectError(err, "ERR_UNKNOWN_MODEL", "cait_s24_22")`: what the command line wrote to stderr ends in an error with that code, which
 * tells these facts and shows no stack.
 */
import { expect } from "vitest";

export function expectError(err: string, code: string, ...facts: (string | RegExp)[]): void {
  const [said] = /^(vit-distill|error): (?!.*^(vit-distill|error): ).*\n$/ms.exec(err) ?? [];
  expect(said, err).toBeDefined();
  const [, found] = / \[(ERR_\w+)\]\n$/.exec(said!) ?? [];
  expect(found, said).toBe(code);
  expect(said).not.toMatch(/\n\s+at /);
  for (const fact of facts) expect(said).toMatch(fact);
}
