/** Weights and checkpoints on disk. */

export { hashFile } from "./hash-file.js";
export { type Checkpoint, loadCheckpoint, saveCheckpoint, type TensorGroups } from "./resume.js";
export {
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredDtype,
  type StoredTensor,
  writeSafetensors,
} from "./safetensors.js";
export { filesRead, loadTensors, saveTensors, toTensors } from "./tensors.js";
export { parseWeights, readWeights, type WeightFile } from "./weight-file.js";
export { type FileContent, writeFileAtomic, writeJsonAtomic } from "./write-atomic.js";
