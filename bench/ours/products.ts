/** What products of matrices cost: how many a pass makes, and how fast large ones are. */
import { randn, tallyMacs, tidy } from "vit-distill/torch";

/** Multiply-accumulates of a pass, as counted at the operator seam. */
export const macsOf = (pass: () => unknown): number => tidy(() => tallyMacs(() => void pass()).macs);

/** Multiply-accumulates a second of large matrix products, the best of a few. */
export function peak({ dtype }: { dtype: "float32" | "bfloat16" }): number {
  return tidy(() => {
    const n = 2048;
    const [a, b] = [randn([n, n], { dtype }), randn([n, n], { dtype })];
    const seconds = Array.from({ length: 9 }, () => {
      const begin = performance.now();
      tidy(() => void a.matmul(b));
      return (performance.now() - begin) / 1e3;
    });
    return n ** 3 / Math.min(...seconds);
  });
}
