/**
 * All that a resume needs, in two files of one name: the tensors as safetensors, and a JSON that is written after them. The JSON holds
 * the rest of the state and vouches for every byte of both files, so that a checkpoint is whole and known to be, or is not there.
 */
import { existsSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Device, Tensor } from "../torch/index.js";
import { fileError, UserError } from "../user-error.js";
import { type Digest, hashFile } from "./hash-file.js";
import { readSealed, writeSealed } from "./sealed-json.js";
import { loadOwnTensors, saveTensors } from "./tensors.js";

/** Tensors by group and key, such as `student` → `blocks.0.norm1.weight`. */
export type TensorGroups = Record<string, Map<string, Tensor>>;

export interface Checkpoint<State> {
  groups: TensorGroups;
  state: State;
}

/** What the JSON says. */
interface Voucher<State> {
  tensors: Digest & { file: string };
  groups: string[];
  state: State;
}

/** Write groups as `<group>/<key>` tensors beside `path`, a .json, and then the JSON. Between the two, one that was there is damaged, unless its tensors are the same. */
export function saveCheckpoint(path: string, groups: TensorGroups, state: unknown): void {
  const tensors = Object.entries(groups).flatMap(([group, map]) =>
    [...map].map(([key, value]): [string, Tensor] => [`${group}/${key}`, value]),
  );
  const digest = saveTensors(tensorsOf(path), new Map(tensors));
  const voucher: Voucher<unknown> = {
    tensors: { file: basename(tensorsOf(path)), ...digest },
    groups: Object.keys(groups),
    state,
  };
  try {
    writeSealed(path, voucher);
  } catch (error) {
    removeFile(tensorsOf(path)); // on a full disk their room is wanted
    throw error;
  }
}

/** What is wrong with a checkpoint, as the end of a sentence; null if every byte is as it was written. */
export function checkpointFault(path: string): string | null {
  const voucher = readSealed<Voucher<unknown>>(path);
  if (voucher === null) return `${basename(path)} is torn or altered`;
  const { file, bytes, sha256 } = voucher.tensors;
  const tensors = join(dirname(path), file);
  if (!existsSync(tensors)) return `${file} is missing`;
  const { size } = statSync(tensors);
  if (size !== bytes) return `${file} has ${size} bytes of ${bytes}`;
  return hashFile(tensors) === sha256 ? null : `${file} has other bytes than were written`;
}

/** Read what `saveCheckpoint` wrote, every byte checked; the caller owns the tensors. */
export function loadCheckpoint<State>(path: string, { device }: { device?: Device } = {}): Checkpoint<State> {
  const fault = checkpointFault(path);
  if (fault !== null) throw new UserError("ERR_CHECKPOINT", `the checkpoint is damaged: ${fault}`, { where: path });
  const { groups: names, state } = readSealed<Voucher<State>>(path)!;
  const groups: TensorGroups = Object.fromEntries(names.map((name) => [name, new Map()]));
  for (const [name, value] of loadOwnTensors(tensorsOf(path), { device })) {
    const slash = name.indexOf("/");
    groups[name.slice(0, slash)].set(name.slice(slash + 1), value);
  }
  return { groups, state };
}

/** The JSON first: without it the tensors are no checkpoint. */
export function removeCheckpoint(path: string): void {
  removeFile(path);
  removeFile(tensorsOf(path));
}

const tensorsOf = (path: string): string => path.replace(/\.json$/, ".safetensors");

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw fileError(error, "remove", path);
  }
}
