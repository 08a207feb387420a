/** How far the training is: one rewritten line on a terminal, a plain line every few seconds elsewhere. */

/** What the loop knows after a step. */
export interface Status {
  epoch: number; // from 1
  epochs: number;
  step: number; // from 1, over all epochs
  steps: number;
  terms: Record<string, number>;
  imagesPerSecond: number;
  /** Share of the step's time that the teachers took, 0 to 1. */
  teacherShare: number;
}

export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  stream?: ProgressStream;
  /** Milliseconds between two lines; by default 100 on a terminal, 5000 elsewhere. */
  interval?: number;
  /** The clock, in milliseconds. */
  now?: () => number;
}

export class Progress {
  readonly #stream: ProgressStream;
  readonly #interval: number;
  readonly #now: () => number;
  #begin: { time: number; step: number } | undefined;
  #shownAt = Number.NEGATIVE_INFINITY;
  #isOpen = false; // a line without its newline stands on the terminal

  constructor({ stream = process.stderr, interval = stream.isTTY ? 100 : 5000, now = Date.now }: ProgressOptions = {}) {
    this.#stream = stream;
    this.#interval = interval;
    this.#now = now;
  }

  update(status: Status): void {
    const time = this.#now();
    this.#begin ??= { time, step: status.step };
    if (time - this.#shownAt < this.#interval && status.step < status.steps) return;
    this.#shownAt = time;
    this.#show(progressLine(status, this.#secondsLeft(status, time)));
  }

  /** A line that stays. */
  note(text: string): void {
    this.#stream.write(`${this.#isOpen ? "\r\x1b[2K" : ""}${text}\n`);
    this.#isOpen = false;
  }

  end(): void {
    if (this.#isOpen) this.#stream.write("\n");
    this.#isOpen = false;
  }

  #show(line: string): void {
    if (!this.#stream.isTTY) {
      this.note(line);
      return;
    }
    const width = (this.#stream.columns ?? 80) - 1;
    this.#stream.write(`\r\x1b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
    this.#isOpen = true;
  }

  // the first step pays for warming up, so the pace is counted from its end
  #secondsLeft({ step, steps }: Status, time: number): number | undefined {
    const begin = this.#begin as { time: number; step: number };
    if (step === begin.step) return undefined;
    return ((time - begin.time) / 1000 / (step - begin.step)) * (steps - step);
  }
}

/** `epoch 2/10  step 150/1500  task 1.234  soft 0.321  2400 img/s  teacher 31 %  ETA 2:05` */
export function progressLine(
  { epoch, epochs, step, steps, terms, imagesPerSecond, teacherShare }: Status,
  secondsLeft?: number,
): string {
  return [
    `epoch ${epoch}/${epochs}`,
    `step ${step}/${steps}`,
    ...Object.entries(terms).map(([name, value]) => `${name} ${short(value)}`),
    `${Math.round(imagesPerSecond)} img/s`,
    ...(teacherShare > 0 ? [`teacher ${Math.round(100 * teacherShare)} %`] : []),
    ...(secondsLeft === undefined ? [] : [`ETA ${duration(secondsLeft)}`]),
  ].join("  ");
}

/** 4 significant digits, so that a term of 4e-5 is seen to be one. */
function short(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
}

/** 7325 → 2:02:05 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
