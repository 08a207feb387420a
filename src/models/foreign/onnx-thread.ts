/**
 * The thread in which ONNX Runtime runs. Its interface gives promises, and a training step is synchronous: so the thread that asks waits
 * on shared memory until this one has answered. It never loads libtorch.
 */
import { createRequire } from "node:module";
import { type MessagePort, workerData } from "node:worker_threads";
import type { InferenceSession, OnnxValue } from "onnxruntime-node";
import type { Answer, Question } from "./onnx-session.js";

const { port, state, library } = workerData as { port: MessagePort; state: Int32Array; library: string };

let ort: typeof import("onnxruntime-node");
let session: InferenceSession;

async function answer(question: Exclude<Question, { kind: "leave" }>): Promise<Answer> {
  if (question.kind === "open") {
    const { model, threads } = question;
    ort = createRequire(import.meta.url)(library);
    ort.env.logLevel = "fatal";
    session = await ort.InferenceSession.create(model as string, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: "0" } } }, // a thread that spins would hold a core that libtorch needs next
    });
    return { inputs: [...session.inputMetadata], outputs: [...session.outputMetadata] };
  }
  const { input, type, data, shape, wanted = session.outputNames } = question;
  const feeds = { [input]: new ort.Tensor(type as "float32", data as Float32Array, shape) };
  const results = await session.run(feeds, wanted);
  return { results: Object.entries(results).filter(isTensor).map(([name, { type, dims, data }]) => ({ name, type, shape: [...dims], data })) }; // biome-ignore format: one row
}

const isTensor = (entry: [string, OnnxValue]): entry is [string, OnnxValue & { data: Float32Array }] =>
  ArrayBuffer.isView((entry[1] as { data?: unknown }).data);

function tell(said: Answer): void {
  const buffers = "results" in said ? new Set(said.results.map(({ data }) => data.buffer as ArrayBuffer)) : [];
  port.postMessage(said, [...buffers]);
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
}

port.on("message", (question: Question) => {
  if (question.kind === "leave") return void Promise.resolve(session?.release()).finally(() => port.close());
  answer(question).then(tell, (error: Error) => tell({ error: `${error.message ?? error}` }));
});
tell({ results: [] });
