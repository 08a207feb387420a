/** What happens to files on their way: bits that turn, bytes lost, doubled or put in, sectors left blank, an end that never arrived. */
import type { Rng } from "../../src/data/index.js";

type Damage = (file: Uint8Array, rng: Rng) => Uint8Array;

const kinds: readonly Damage[] = [
  (file, rng) => changed(file, (copy) => (copy[rng.int(copy.length)] ^= 1 << rng.int(8))),
  (file, rng) => changed(file, (copy) => (copy[rng.int(copy.length)] = rng.int(256))),
  (file, rng) => {
    const at = rng.int(file.length);
    return changed(file, (copy) => copy.fill(0, at, at + 512));
  },
  (file, rng) => {
    const [from, to] = [rng.int(file.length), rng.int(file.length)];
    return changed(file, (copy) => copy.copyWithin(to, from, from + 1 + rng.int(64)));
  },
  (file, rng) => file.slice(0, rng.int(file.length)),
  (file, rng) => {
    const at = rng.int(file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + rng.int(16))]);
  },
  (file, rng) => {
    const at = rng.int(file.length);
    const noise = Uint8Array.from({ length: 1 + rng.int(8) }, () => rng.int(256));
    return Buffer.concat([file.subarray(0, at), noise, file.subarray(at)]);
  },
];

function changed(file: Uint8Array, change: (copy: Uint8Array) => unknown): Uint8Array {
  const copy = Uint8Array.from(file);
  change(copy);
  return copy;
}

/** A damaged copy; every other one has bits turned and nothing else, up to four, and so keeps every place where it was. */
export function damaged(file: Uint8Array, rng: Rng): Uint8Array {
  const possible = rng.chance(0.5) ? kinds.slice(0, 1) : kinds;
  let result = file;
  for (let count = 1 + rng.int(4); count > 0 && result.length > 0; count--)
    result = possible[rng.int(possible.length)](result, rng);
  return result;
}
