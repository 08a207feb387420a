/** Parsers of foreign files: damaged bytes give a clear error or a result that holds together, never a crash, a hang or a huge allocation. */
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { parseCifar, parseTable, Rng, tarMembers } from "../../src/data/index.js";
import { fuzzTimes } from "../support/fuzz.js";

/** `rounds` changed copies of good bytes: cut, flipped, overwritten, repeated. */
function* damaged(good: Uint8Array, rounds: number): Generator<Uint8Array> {
  const rng = Rng.from(0, "fuzz", good.length);
  for (let round = 0; round < rounds * fuzzTimes; round++) {
    const bytes = good.slice(0, rng.chance(0.3) ? rng.int(good.length + 1) : good.length);
    for (let change = rng.int(6); change > 0 && bytes.length > 0; change--) {
      const place = rng.int(bytes.length);
      if (rng.chance(0.7)) bytes[place] = rng.chance(0.5) ? rng.int(256) : bytes[place] ^ (1 << rng.int(8));
      else bytes.copyWithin(rng.int(bytes.length), place, Math.min(bytes.length, place + rng.int(64)));
    }
    yield bytes;
  }
}

/** How many are refused; anything but a refusal of the data fails. */
function refusals(good: Uint8Array, rounds: number, parse: (bytes: Uint8Array) => void): number {
  let refused = 0;
  for (const bytes of damaged(good, rounds)) {
    try {
      parse(bytes);
    } catch (error) {
      if (!["ERR_DATA_FORMAT", "ERR_DATA_EMPTY"].includes((error as { code: string }).code)) throw error;
      refused++;
    }
  }
  return refused;
}

describe("damaged", () => {
  test("tar archives: members lie within, or begin within and are cut off", async () => {
    const archive = pack();
    for (const [name, content] of [["1.jpg", "x".repeat(700)], [`${"long/".repeat(60)}2.jpg`, "y"], ["3.cls", "3"]])
      archive.entry({ name }, content); // biome-ignore format: pairs
    archive.entry({ name: "4.jpg", pax: { path: "renamed.jpg", comment: "said" } }, "z");
    archive.finalize();
    const good = await buffer(archive);
    const members = (bytes: Uint8Array) => [
      ...tarMembers((start, size) => bytes.subarray(start, start + size), bytes.length, "a.tar"),
    ];
    expect(members(good).map(({ name }) => name)).toEqual(["1.jpg", `${"long/".repeat(60)}2.jpg`, "3.cls", "renamed.jpg"]);
    const refused = refusals(good, 4000, (bytes) => {
      for (const { start, size } of members(bytes)) {
        expect(start).toBeLessThanOrEqual(bytes.length);
        expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      }
    });
    expect(refused).toBeGreaterThan(1000);
  });

  test("CIFAR files: whole records or a refusal", () => {
    const refused = refusals(new Uint8Array(2 * 3073), 300, (bytes) => {
      const { images, labels } = parseCifar(bytes, { labelBytes: 1, at: 0 });
      expect(images).toHaveLength(3072 * labels.length);
    });
    expect(refused).toBeGreaterThan(50);
  });

  test.each(["list.csv", "list.tsv", "list.jsonl"])("tables: rows of the columns that are said (%s)", (source) => {
    const text =
      source === "list.jsonl"
        ? '{"path": "a.jpg", "label": 3}\n{"path": "b.jpg"}\n'
        : 'path,label\n"a, b.jpg",cat\nb.jpg,"d""og"\n';
    refusals(Buffer.from(text), 4000, (bytes) => {
      const { columns, rows } = parseTable(Buffer.from(bytes).toString(), source);
      for (const row of rows) expect(Object.keys(row).every((column) => columns.includes(column))).toBe(true);
    });
  });
});
