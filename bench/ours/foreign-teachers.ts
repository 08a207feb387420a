/** One of the runtimes of `npm run bench -- foreign-teachers`: our own model, ONNX Runtime or TorchScript, all asked through a Model. */
import { createModel, type Model, onnxTeacher, torchScriptTeacher } from "vit-distill/models";
import { autocast, noGrad, type Tensor, tidy } from "vit-distill/torch";
import { Filler } from "../../tools/golden/filler.js";
import { describe } from "./describe.js";
import { macsOf, peak } from "./products.js";
import { serve, times } from "./serve.js";

export type Runtime = "native" | "onnx" | "torchscript";

interface Settings {
  runtime: Runtime;
  model: string;
  folder: string;
  precision: "float32" | "bfloat16";
  batch: number;
}

const filler = new Filler();
let teacher: Model;
let tap: string;
let images: Tensor;
let inPrecision: <T>(fn: () => T) => T;

function open({ runtime, model, folder }: Settings): Model {
  const options = { note: () => {}, input: { size: 224 } };
  if (runtime === "onnx") return onnxTeacher(`${folder}/${model}.onnx`, { ...options, taps: ["last"] });
  if (runtime === "torchscript") return torchScriptTeacher(`${folder}/${model}.pt`, { ...options, taps: { last: "1" } });
  return filler.fill(createModel(model)).eval().requiresGrad_(false);
}

/** The mean size of the logits and of the last tap, which tell the runtimes apart if they compute different things. */
function prepare(settings: Settings): number[] {
  teacher?.dispose();
  images ??= filler.input("foreign-teachers", [settings.batch, 3, 224, 224]);
  teacher = open(settings);
  tap = teacher.info.layers.at(-1)!;
  inPrecision = settings.precision === "bfloat16" ? (fn) => autocast({ dtype: "bfloat16" }, fn) : (fn) => fn();
  return tidy(() => {
    const { logits, taps } = forward();
    return [logits, taps[0]].map((x) => x.to({ dtype: "float32" }).abs().mean().item());
  });
}

const forward = () => noGrad(() => inPrecision(() => teacher.forward(images, { taps: [tap] })));

const passes = ({ count }: { count: number }): number[] => times(count, () => tidy(() => void forward()));

const macs = (): number => macsOf(forward);

await serve({ describe, prepare, passes, macs, peak });
