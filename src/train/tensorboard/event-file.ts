/**
 * A file of TensorBoard's: scalars by step, as records that are appended and never changed.
 *
 * A record is a length (u64), its masked CRC-32C, the bytes of an Event, and their masked CRC-32C; a record that a crash cut short is
 * passed over by the reader. A run that goes on writes a new file, which begins with a session that starts at the first step to come:
 * TensorBoard then forgets what it read of that step and later ones, which the resumed run writes again.
 * https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
 */

import { appendFileSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileError } from "../../user-error.js";
import { maskedCrc32c } from "./crc32c.js";
import { double, float, integer, message, string } from "./protobuf.js";

/** A value of a curve; `tag` is the curve's name, and what comes before a "/" in it the group that it is shown in. */
export interface Scalar {
  tag: string;
  value: number;
}

export interface EventFileOptions {
  /** The first step that is to come. */
  from: number;
  /** Milliseconds since 1970. */
  time?: number;
}

const START = 1; // SessionLog.SessionStatus

export class EventFile {
  readonly path: string;

  /** A new file in the folder, behind those that are there in the order of their names, which is the order in which they are read. */
  constructor(folder: string, { from, time = Date.now() }: EventFileOptions) {
    this.path = join(folder, nextName(readdirSync(folder), Math.floor(time / 1000)));
    this.#append(time, string(3, "brain.Event:2"));
    this.#append(time, integer(2, from), message(7, integer(1, START)));
  }

  /** The values of one step, in one record. `time` is in milliseconds since 1970. */
  write(step: number, time: number, scalars: readonly Scalar[]): void {
    if (scalars.length === 0) return;
    const values = scalars.map(({ tag, value }) => message(1, string(1, tag), float(2, value)));
    this.#append(time, integer(2, step), message(5, ...values));
  }

  #append(time: number, ...fields: Buffer[]): void {
    try {
      appendFileSync(this.path, record(Buffer.concat([double(1, time / 1000), ...fields])));
    } catch (error) {
      throw fileError(error, "write", this.path);
    }
  }
}

function record(event: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(event.length));
  return Buffer.concat([length, checksum(length), event, checksum(event)]);
}

function checksum(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(maskedCrc32c(bytes));
  return crc;
}

/** Files made within a second of each other must not change places. */
function nextName(names: readonly string[], second: number): string {
  const taken = names.map((name) => Number(/^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1] ?? 0));
  const next = Math.max(second, 1 + Math.max(0, ...taken));
  return `events.out.tfevents.${String(next).padStart(10, "0")}.${hostname()}.${process.pid}.${taken.filter(Boolean).length}`;
}
