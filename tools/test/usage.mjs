/** What a part of the tests cost: wall time, processor time of this process and all that it waited for, and the load when it began. */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";

/** User and system seconds of this process, and of its children that have ended; Node tells its own alone. */
function processorSeconds() {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
      .slice(11, 15)
      .map(Number);
    return fields.reduce((a, b) => a + b, 0) / 100; // clock ticks, 100 a second on Linux
  } catch {
    return Number.NaN; // not Linux
  }
}

export function startClock() {
  const [begin, before, load] = [performance.now(), processorSeconds(), loadavg()[0]];
  return () => ({ seconds: (performance.now() - begin) / 1000, processor: processorSeconds() - before, load });
}

export const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;

export const describeUsage = ({ seconds, processor, load }) =>
  `time  ${minutes(seconds)}, user and system ${minutes(processor)}; the machine's load was ${load.toFixed(1)} when it began`;
