/** The line of somebody's own code that led here. */

const ours = new RegExp(`${new URL("../../", import.meta.url).href}(src|dist)/`.replaceAll(".", "\\."));

/** The innermost line of the stack that is not this package's or Node's own: `file:///…/hint.ts:61:20`. */
export function caller(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 64;
  const lines = new Error().stack!.split("\n").slice(1);
  Error.stackTraceLimit = limit;
  const places = lines.flatMap((line) => /((?:file:\/\/)?\/\S+:\d+:\d+)/.exec(line)?.[1] ?? []);
  return places.map((place) => (place.startsWith("/") ? `file://${place}` : place)).find((place) => !ours.test(place));
}
