/**
 * How fast float32 `linear` is, at the shapes of CaiT-S24's and DeiT-Tiny's layers on 16 pictures, and what serves it.
 * Command: node --import tsx tools/linear-speed.ts   (VIT_DISTILL_ADDON, OPENBLAS_CORETYPE, MKL_ENABLE_INSTRUCTIONS choose what to compare)
 */
import { engineInfo, linear, noGrad, randn, tidy } from "../src/torch/index.js";

const ROWS = 16 * 196;
const LAYERS = [
  [384, 1152],
  [384, 1536],
  [1536, 384],
  [192, 768],
] as const;
const TIMES = 9;

/** The median of some runs, in GFLOP/s. */
function speed(inputs: number, outputs: number): number {
  const [x, weight] = [randn([ROWS, inputs]), randn([outputs, inputs])];
  const times = Array.from({ length: TIMES }, () => {
    const begin = performance.now();
    tidy(() => void linear(x, weight));
    return performance.now() - begin;
  });
  return (2 * ROWS * inputs * outputs) / times.sort((a, b) => a - b)[(TIMES - 1) / 2] / 1e6;
}

const { libtorch, libraries, threads } = engineInfo();
console.log(`libtorch ${libtorch}, ${threads} threads, OpenBLAS ${libraries.openBlas ?? "–"}, MKL ${libraries.mkl ?? "–"}`);
tidy(() =>
  noGrad(() => {
    for (const [inputs, outputs] of LAYERS)
      console.log(`${inputs} → ${outputs}`.padEnd(14), `${speed(inputs, outputs).toFixed(0)} GFLOP/s`);
  }),
);
