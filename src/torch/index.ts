/** libtorch for TypeScript: tensors, operators, gradients, and who frees what. Imports nothing else of ours. */

export {
  type AutocastOptions,
  autocast,
  autocastDtype,
  backward,
  enableGrad,
  grad,
  inferenceMode,
  isRecorded,
  noGrad,
} from "./autograd.js";
export { type Broadcast, findBroadcasts } from "./broadcasts.js";
export { type FreeListener, hasOperator, type Listener, listen, type OperatorEvent } from "./dispatch.js";
export { type Device, type DType, dtypes, type MemoryFormat, type TypedArray } from "./dtype.js";
export { allFinite, type Extent, extentOf, rowsNotFinite } from "./extent.js";
export {
  arange,
  empty,
  eye,
  type FactoryOptions,
  full,
  linspace,
  ones,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  type TensorOptions,
  tensor,
  withDevice,
  zeros,
} from "./factories.js";
export { type EngineInfo, engineInfo, hasBfloat16, hasMatrixUnit } from "./info.js";
export { type MacCount, tallyMacs } from "./macs.js";
export { type Origin, traceNonFinite, type Watch, type Whereabouts } from "./non-finite.js";
export * from "./ops.generated.js";
export { Generator, manualSeed } from "./random.js";
export { type Holder, memory, tidy, untracked } from "./scope.js";
export { ScriptModule, type ScriptResult } from "./script-module.js";
export { shelve } from "./shelf.js";
export { Tape } from "./tape.js";
export { type BackwardOptions, clearGrads, gradsOf, type Nested, Parameter, type Pipe, Tensor } from "./tensor.js";
