/** Colours, where a terminal shows them and nobody asked for none. https://no-color.org */

import type { Paint } from "../train/index.js";

const inColour = (code: number) => (text: string) => `\x1b[${code}m${text}\x1b[0m`;

/** What was is red and what is, green. */
export const redAndGreen: Paint = { before: inColour(31), after: inColour(32) };

export const showsColours = ({ isTTY = false }: { isTTY?: boolean }): boolean => isTTY && !process.env.NO_COLOR;
