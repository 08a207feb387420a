/** What is made of the scaling bench's measurements: fits, tables and the picture, from numbers whose make-up is known. */

import { expect, test } from "vitest";
import type { Axis, Point } from "../../bench/scaling.js";
import { fit, terms } from "../../tools/scaling/fit.js";
import { picture } from "../../tools/scaling/picture.js";
import { fitsTable, stepsTable } from "../../tools/scaling/tables.js";

test("a line through points of a line is that line", () => {
  const { coefficients, furthest } = fit([1, 2, 4, 32].map((x) => [x, 30 + 7 * x]), 1); // biome-ignore format: one line
  expect(coefficients[0]).toBeCloseTo(30, 8);
  expect(coefficients[1]).toBeCloseTo(7, 8);
  expect(furthest).toBeLessThan(1e-9);
});

test("a parabola is found where powers lie far apart", () => {
  const { coefficients } = fit([49, 100, 196, 324, 576].map((x) => [x, 5 + 0.2 * x + 3e-4 * x * x]), 2); // biome-ignore format: one line
  expect(coefficients[0]).toBeCloseTo(5, 6);
  expect(coefficients[1]).toBeCloseTo(0.2, 8);
  expect(coefficients[2]).toBeCloseTo(3e-4, 10);
  expect(terms(coefficients, 100)[2]).toBeCloseTo(3, 6);
});

test("distances are relative: small and large measurements count alike", () => {
  const { coefficients, furthest } = fit([[1, 90], [2, 110], [1000, 90_000], [2000, 220_000]], 0); // biome-ignore format: one line
  expect(coefficients[0]).toBeLessThan(110);
  expect(furthest).toBeGreaterThan(0.9);
});

const place = (axis: Axis, at: string, x: number, pictures: number, ms: number): Point[] => {
  const point = { axis, at, x, pictures, ratio: 0.5, target: 1, ok: true };
  return [
    { ...point, name: `${axis} ${at}`, unit: "ms", ours: ms, reference: 2 * ms, bound: ms / 2 },
    { ...point, name: `${axis} ${at}: memory`, unit: "MiB", ours: 400, reference: 1600, target: null },
  ];
};

/** 10 ms and 20 a picture; a tenth and a hundredth of a millisecond for a patch; 40 ms and 10 for 10⁹ products. */
const points: Point[] = [
  ...[1, 8, 32].flatMap((batch) => place("batch", `${batch}`, batch, batch, 10 + 20 * batch)),
  ...[[112, 49], [224, 196], [384, 576]].flatMap(([size, n]) => place("resolution", `${size} px`, n, 8, 1 + 0.1 * n + 0.01 * n * n)),
  ...[["XXS24", 2.5], ["S24", 9.4], ["M36", 53]].flatMap(([name, g]) => place("teacher", `CaiT-${name}`, +g, 8, 40 + 10 * +g)),
]; // biome-ignore format: rows

test("the table of steps has a row for each place, with time a picture and memory beside it", () => {
  const lines = stepsTable("batch", points).split("\n");
  expect(lines[0].split("|").length).toBe(lines[1].split("|").length);
  expect(lines.slice(2)).toEqual([
    "| 1 | 30.0 | 30.0 | 60.0 | 60.0 | 0.50 | 15.0 | 0.50 | 400 | 1,600 |",
    "| 8 | 170 | 21.3 | 340 | 42.5 | 0.50 | 85.0 | 0.50 | 400 | 1,600 |",
    "| 32 | 650 | 20.3 | 1,300 | 40.6 | 0.50 | 325 | 0.50 | 400 | 1,600 |",
  ]);
});

test("the table of fits says what a step is made of", () => {
  const [batch, , , resolution, , , teacher] = fitsTable(points).split("\n").slice(2);
  expect(batch).toBe("| batch | ours | 10.0 | 20.0 ms a picture | 0 % | – | – |");
  expect(resolution).toMatch(/^\| resolution \| ours \| 1\.00 \| 0\.10 ms a patch \| \d+ % \| 0 % \| 98 % \|$/);
  expect(teacher).toBe("| teacher | ours | 40.0 | 10.0 ms for 10⁹ multiply-accumulates of the teacher | 0 % | – | – |");
});

test("the picture has a panel for each axis, words for those who cannot see it, and no point outside of it", () => {
  const svg = picture(points);
  expect(svg.match(/<g /g)).toHaveLength(3);
  expect(svg).toMatch(/<title>[^<]+<\/title>/);
  expect(svg).toMatch(/<desc>.*\bbatch\b.*\b1\b.*\b32\b.*\b30\.0\b.*\b650 ms\b.*\bPyTorch\b.*\b60\.0\b.*\b1,300 ms\b/);
  const coordinates = [...svg.matchAll(/points="([^"]*)"/g)].flatMap(([, text]) =>
    text.split(" ").map((pair) => pair.split(",").map(Number)),
  );
  expect(coordinates).toHaveLength(27);
  for (const [x, y] of coordinates) {
    expect(x).toBeGreaterThanOrEqual(54);
    expect(x).toBeLessThanOrEqual(320);
    expect(y).toBeGreaterThanOrEqual(54);
    expect(y).toBeLessThanOrEqual(306);
  }
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
