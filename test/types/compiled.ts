/** Takes code that is there to be compiled, not to be run: wrong uses, each under a `@ts-expect-error`. */
export const compiled = (_code: () => void): void => {};
