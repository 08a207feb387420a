/** All that a resume needs in one file, so that no part of it can be older than another: groups of tensors and a state in JSON. */
import type { Device, Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { readSafetensors } from "./safetensors.js";
import { loadTensors, saveTensors } from "./tensors.js";

/** Tensors by group and key, such as `student` → `blocks.0.norm1.weight`. */
export type TensorGroups = Record<string, Map<string, Tensor>>;

export interface Checkpoint<State> {
  groups: TensorGroups;
  state: State;
}

/** Write groups as `<group>/<key>` tensors and the state beside them, atomically. */
export function saveCheckpoint(path: string, groups: TensorGroups, state: unknown): void {
  const tensors = Object.entries(groups).flatMap(([group, map]) =>
    [...map].map(([key, value]): [string, Tensor] => [`${group}/${key}`, value]),
  );
  saveTensors(path, new Map(tensors), { state: JSON.stringify(state), groups: JSON.stringify(Object.keys(groups)) });
}

/** Read what `saveCheckpoint` wrote; the caller owns the tensors. */
export function loadCheckpoint<State>(path: string, { device }: { device?: Device } = {}): Checkpoint<State> {
  const { state, groups: names } = readSafetensors(path).metadata;
  if (state === undefined || names === undefined)
    throw new UserError("these are weights, not a checkpoint to resume from", { where: path });
  const groups: TensorGroups = Object.fromEntries((JSON.parse(names) as string[]).map((name) => [name, new Map()]));
  for (const [name, value] of loadTensors(path, { device })) {
    const slash = name.indexOf("/");
    groups[name.slice(0, slash)].set(name.slice(slash + 1), value);
  }
  return { groups, state: JSON.parse(state) as State };
}
