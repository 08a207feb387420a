/** ONNX Runtime, asked from a synchronous program: a thread of its own answers, and this one waits. https://onnxruntime.ai */
import { createRequire } from "node:module";
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads";
import { startThread } from "../../start-thread.js";
import { UserError } from "../../user-error.js";

/** As ONNX Runtime describes it; a text for an extent that is open. */
export interface Metadata {
  name: string;
  isTensor: boolean;
  type?: string;
  shape?: readonly (number | string)[];
}

export interface OnnxTensor {
  name: string;
  type: string;
  shape: number[];
  data: ArrayBufferView;
}

export type Question =
  | { kind: "open"; model: string | Uint8Array; threads: number }
  | { kind: "run"; input: string; type: string; data: ArrayBufferView; shape: readonly number[]; wanted?: readonly string[] }
  | { kind: "leave" };

export type Answer = { error: string } | { inputs: Metadata[]; outputs: Metadata[] } | { results: OnnxTensor[] };

const START = 60_000; // milliseconds

const abandoned = new FinalizationRegistry<MessagePort>((port) => port.postMessage({ kind: "leave" } satisfies Question));

export class OnnxSession {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
  readonly #port: MessagePort;
  #isOpen = true;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));

  /** Of a file, or of a model's bytes, which are given away. */
  constructor(model: string | Uint8Array, { threads }: { threads: number }) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = { port: port2, state: this.#state, library: findLibrary() };
    startThread(new URL("./onnx-thread.js", import.meta.url), { workerData, transferList: [port2] }).unref();
    try {
      this.#wait(START);
      const open: Question = { kind: "open", model, threads };
      const opened = this.#ask(open, typeof model === "string" ? [] : [model.buffer as ArrayBuffer]);
      ({ inputs: this.inputs, outputs: this.outputs } = opened as { inputs: Metadata[]; outputs: Metadata[] });
    } catch (error) {
      this.dispose();
      throw error;
    }
    abandoned.register(this, port1, this);
  }

  /** The outputs that are wanted, all unless told. `data` is given away. */
  run(input: string, { type, data, shape }: Omit<OnnxTensor, "name">, wanted?: readonly string[]): OnnxTensor[] {
    const said = this.#ask({ kind: "run", input, type, data, shape, wanted }, [data.buffer as ArrayBuffer]);
    return (said as { results: OnnxTensor[] }).results;
  }

  /** The thread leaves by itself. */
  dispose(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    abandoned.unregister(this);
    this.#port.postMessage({ kind: "leave" } satisfies Question);
    this.#port.unref();
  }

  #ask(question: Question, given: Transferable[]): Answer {
    if (!this.#isOpen) throw new Error("it was disposed");
    this.#port.postMessage(question, given);
    const said = this.#wait();
    if ("error" in said) throw new Error(said.error);
    return said;
  }

  #wait(patience?: number): Answer {
    if (Atomics.wait(this.#state, 0, 0, patience) === "timed-out")
      throw new UserError("ERR_IMPORTED_MODEL", "The thread for ONNX Runtime did not start", {
        remedy: "Is the machine out of memory?",
      });
    Atomics.store(this.#state, 0, 0);
    return receiveMessageOnPort(this.#port)!.message;
  }
}

/** Where the package is: beside this one, or in the working folder. */
function findLibrary(): string {
  try {
    return createRequire(import.meta.url).resolve("onnxruntime-node", { paths: [import.meta.dirname, process.cwd()] });
  } catch (cause) {
    throw new UserError("ERR_MISSING_PACKAGE", "An ONNX file is run by ONNX Runtime, which is not installed", {
      remedy: "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node", // without skip it fetches CUDA libraries
      cause,
    });
  }
}
