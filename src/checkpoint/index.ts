/** Weights and checkpoints on disk. */

export {
  type Checkpoint,
  checkpointFault,
  loadCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
  type TensorGroups,
} from "./checkpoint.js";
export { type Digest, hashFile } from "./hash-file.js";
export { hashTensors } from "./hash-tensors.js";
export { KEY_BYTES, RecordStore, type StoreOptions } from "./record-store.js";
export {
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredDtype,
  type StoredTensor,
  writeSafetensors,
} from "./safetensors.js";
export { readSealed, writeSealed } from "./sealed-json.js";
export { filesRead, loadTensors, noteFileRead, readingApart, saveTensors, toTensors } from "./tensors.js";
export { parseWeights, readWeights, type WeightFile } from "./weight-file.js";
export { type FileContent, removeTemporaries, temporaryBeside, writeFileAtomic, writeJsonAtomic } from "./write-atomic.js";
export { zipEntries } from "./zip.js";
export { checkZip } from "./zip-check.js";
