/**
 * The cost of a manifold step against batch, resolution and teacher, from what `npm run bench -- scaling` kept: prints the tables of
 * docs/performance.md and draws its picture.
 * Command: node --import tsx tools/scaling.ts [--draw docs/performance/scaling.svg]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Axis, Point } from "../bench/scaling.js";
import { picture } from "./scaling/picture.js";
import { axes, fitsTable, stepsTable } from "./scaling/tables.js";

const { values } = parseArgs({ options: { draw: { type: "string" } } });
const { rows } = JSON.parse(readFileSync(new URL("../bench/results/scaling.json", import.meta.url), "utf8")) as { rows: Point[] };
for (const axis of Object.keys(axes) as Axis[]) console.log(`${stepsTable(axis, rows)}\n`);
console.log(fitsTable(rows));
if (values.draw) writeFileSync(values.draw, picture(rows));
