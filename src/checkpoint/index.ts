/** Weights and checkpoints on disk. */
export { type Checkpoint, loadCheckpoint, saveCheckpoint, type TensorGroups } from "./resume.js";
export {
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredDtype,
  type StoredTensor,
  writeSafetensors,
} from "./safetensors.js";
export { filesRead, loadTensors, saveTensors } from "./tensors.js";
export { type FileContent, writeFileAtomic, writeJsonAtomic } from "./write-atomic.js";
