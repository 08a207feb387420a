/** Our side of `npm run bench -- involution`: passes of the operator. */
import { grad, involution, noGrad, randn, type Tensor, tidy } from "vit-distill/torch";
import { describe } from "./describe.js";
import { serve, times } from "./serve.js";

interface Shape {
  batch: number;
  channels: number;
  map: number;
  kernel: number;
  stride: number;
  forwardOnly: boolean;
}

function passOf({ batch, channels, map, kernel, stride, forwardOnly }: Shape): () => void {
  const positions = Math.ceil(map / stride);
  const input = randn([batch, channels, map, map]).requiresGrad_();
  const weight = randn([batch, channels / 16, kernel, kernel, positions, positions]).requiresGrad_();
  const seed = randn([batch, channels, positions, positions]);
  const forward = (): Tensor => involution(input, weight, { stride, padding: (kernel - 1) / 2 });
  if (forwardOnly) return () => tidy(() => void noGrad(forward));
  return () => tidy(() => void grad([forward()], [input, weight], { gradients: [seed] }));
}

let pass: () => void;

/** The operands; a pass over small ones has loaded what code it takes, which is not the operator's memory. */
function prepare(shape: Shape): null {
  passOf({ ...shape, batch: 1, channels: 16, map: 8 })();
  pass = passOf(shape);
  return null;
}

const passes = ({ count }: { count: number }): number[] => times(count, () => pass());

await serve({ describe, prepare, passes });
