/**
 * `expect(fn).toThrowCode("ERR_UNKNOWN_MODEL", "cait_s24_22", /cait_s24_224/)`: an error with that code whose message tells these facts
 * (names, numbers, what to type). Also of promises: `await expect(promise).rejects.toThrowCode(…)`. What is asserted is never the wording.
 */
import { expect } from "vitest";

type Fact = string | number | RegExp;

declare module "vitest" {
  interface Matchers<T> {
    toThrowCode(code: string, ...facts: Fact[]): void;
  }
}

function thrownBy(received: unknown): unknown {
  if (typeof received !== "function") return received; // `rejects` has caught it
  try {
    received();
  } catch (error) {
    return error;
  }
  return undefined;
}

const tells = (message: string, fact: Fact): boolean =>
  fact instanceof RegExp ? fact.test(message) : message.includes(`${fact}`);

expect.extend({
  toThrowCode(received: unknown, code: string, ...facts: Fact[]) {
    const error = thrownBy(received);
    if (!(error instanceof Error))
      return { pass: false, message: () => `expected an error with the code ${code}, nothing was thrown` };
    const found = (error as { code?: unknown }).code;
    const missing = facts.filter((fact) => !tells(error.message, fact));
    return {
      pass: found === code && missing.length === 0,
      message: () =>
        `expected ${this.isNot ? "anything but " : ""}the code ${code}${missing.length ? ` and the facts ${missing.join(" | ")}` : ""}, got ${found}: ${error.message}`,
    };
  },
});
