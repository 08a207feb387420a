/** Our side of `npm run bench -- manifold-terms`: value and gradient of the terms over several layers. */
import { allPairsLoss, interLoss, intraLoss, randomLoss } from "vit-distill/methods";
import { arange, grad, stack, type Tensor, tidy } from "vit-distill/torch";
import { describe } from "./describe.js";
import { serve, times } from "./serve.js";

// B images, N patches, D width

interface Case {
  batch: number;
  layers: number;
  patches: number;
  student: number;
  teacher: number;
  form: string;
}

/** The rows of the random term: 192, as the released code draws; every B·N / 192-th here, so that both sides take the same. */
const SAMPLES = 192;

/** Numbers that both sides make alike, no two tokens parallel. */
function tokens({ batch, patches }: Case, width: number, phase: number): Tensor {
  const count = batch * patches * width;
  return arange(0, count, { dtype: "float64" }).mul(0.7 + phase * 1e-3).add(phase).sin().to({ dtype: "float32" }).reshape([batch, patches, width]); // biome-ignore format: one tensor
}

let run: () => number;

function prepare(options: Case): null {
  const layers = Array.from({ length: options.layers }, (_, i) =>
    tidy(() => ({
      student: tokens(options, options.student, i).requiresGrad_(), // [B, N, D_S]
      teacher: tokens(options, options.teacher, i + 0.5), // [B, N, D_T]
    })),
  );
  const rows = arange(0, SAMPLES, { dtype: "int64" }).mul(Math.floor((options.batch * options.patches) / SAMPLES));
  const over = (term: (s: Tensor, t: Tensor) => Tensor): Tensor =>
    stack(layers.map(({ student, teacher }) => tidy(() => term(student, teacher)))).mean();
  const forms: Record<string, () => Tensor> = {
    all: () => over(allPairsLoss),
    three: () =>
      over(intraLoss).mul(4).add(over(interLoss).mul(0.1)).add(over((s, t) => randomLoss(s, t, rows)).mul(0.2)), // biome-ignore format: one sum
  };
  const students = layers.map(({ student }) => student);
  run = () =>
    tidy(() => {
      const loss = forms[options.form]();
      grad([loss], students);
      return loss.item();
    });
  return null;
}

const value = (): number => run();

function pass(): null {
  run();
  return null;
}

const passes = ({ count }: { count: number }): number[] => times(count, () => void run());

await serve({ describe, prepare, pass, passes, value });
