/**
 * Σ ‖S Sᵀ − T Tᵀ‖² over maps of tokens at unit length, and its gradient, piece by piece, so that no map is ever whole in memory.
 * Two exact forms; the one that multiplies less is taken:
 *
 *   over the rows    D = S Sᵀ − T Tᵀ, ‖D‖², slope 4 D S: quadratic in the rows n
 *   over the widths  ‖SᵀS‖² − 2 ‖SᵀT‖² + ‖TᵀT‖², slope 4 (S (SᵀS) − T (TᵀS)): quadratic in the widths, linear in n
 *
 * The norms of the second nearly cancel where student and teacher agree: the products of the pieces are added up in float64.
 * On a CPU the first is one operator of our own (native/gram-gap.h).
 */

import { crossGram, gram } from "../nn/index.js";
import { gramGap, type Tensor, tidy, zeros } from "../torch/index.js";

// M maps of n rows each, D width (student's or teacher's)

/** Tokens as the rows of their maps, [M, n, D]; a view of a dense tensor. */
export type Maps = (tokens: Tensor) => Tensor;

export interface GramLoss {
  value: Tensor; // scalar, float32
  gradient: Tensor; // of the maps' shape, [M, n, D]
}

/** Entries of a map, or of a few rows, that stay in a processor's cache; a GPU wants more at once. */
const PIECE = { cpu: 2 ** 18, cuda: 2 ** 24 };

/**
 * `scale` times the sum over the maps, and its gradient. The student's tokens are float32 of any length, the teacher's of any
 * dtype. Belongs under noGrad and outside autocast.
 */
export function gramLoss(student: Tensor, teacher: Tensor, maps: Maps, scale: number): GramLoss {
  const [s, t] = [student, teacher].map(maps); // [M, n, D]
  const [value, slope] = isCheaperOverWidths(s, t) ? overWidths(s, t) : student.device === "cpu" ? gap(s, t) : overRows(s, t);
  return { value: value.mul(scale).to({ dtype: "float32" }), gradient: slope.mul_(4 * scale) };
}

/** The sum over the maps, and a quarter of its gradient. */
type ValueAndSlope = readonly [sum: Tensor, slope: Tensor];

const gap = (student: Tensor, teacher: Tensor): ValueAndSlope => gramGap(student, teacher.to({ dtype: "float32" }));

/** The multiplications of a map: two Gram products and a slope over the rows; three and two over the widths. */
function isCheaperOverWidths({ shape: [, n, own] }: Tensor, { shape: [, , other] }: Tensor): boolean {
  return 2 * own * own + 2 * own * other + other * other < n * (2 * own + other);
}

/** Several maps at a time. */
export function overRows(student: Tensor, teacher: Tensor): ValueAndSlope {
  const [maps, n] = student.shape;
  const slope = student.emptyLike();
  const sum = zeros([], { dtype: "float64", device: student.device });
  for (const piece of pieces(maps, n * n, student)) {
    tidy(() => {
      const [s, t] = [atLengthOne(piece(student)), atLengthOne(piece(teacher))];
      const difference = gram(s.unit).sub_(gram(t.unit)); // [m, n, n]
      piece(slope).copy_(throughLength(difference.bmm(s.unit), s));
      sum.add_(difference.mul_(difference).sum());
    });
  }
  return [sum, slope];
}

/** One map at a time, several rows of it at a time: once for the products, once more for the slope that they make. */
function overWidths(student: Tensor, teacher: Tensor): ValueAndSlope {
  const [maps, n, own] = student.shape;
  const gradient = student.emptyLike();
  const other = teacher.shape[2];
  const { device } = student;
  const sum = zeros([], { dtype: "float64", device });
  const product = (rows: number, columns: number): Tensor => zeros([rows, columns], { dtype: "float64", device });
  for (const map of pieces(maps, Number.POSITIVE_INFINITY, student)) {
    tidy(() => {
      const [s, t, slope] = [student, teacher, gradient].map((tokens) => map(tokens).squeeze(0)); // [n, D]
      const [ss, st, tt] = [product(own, own), product(own, other), product(other, other)];
      for (const piece of pieces(n, own + other, s)) {
        tidy(() => {
          const [{ unit: a }, { unit: b }] = [atLengthOne(piece(s)), atLengthOne(piece(t))];
          ss.add_(crossGram(a, a));
          st.add_(crossGram(a, b));
          tt.add_(crossGram(b, b));
        });
      }
      sum.add_(squaredNorm(ss).sub_(squaredNorm(st).mul(2)).add_(squaredNorm(tt)));
      const [own_, other_] = [ss, st.transpose(0, 1)].map((matrix) => matrix.to({ dtype: "float32" }));
      for (const piece of pieces(n, own + other, s)) {
        tidy(() => {
          const [a, b] = [atLengthOne(piece(s)), atLengthOne(piece(t))];
          piece(slope).copy_(throughLength(a.unit.matmul(own_).sub_(b.unit.matmul(other_)), a));
        });
      }
    });
  }
  return [sum, gradient];
}

const squaredNorm = (x: Tensor): Tensor => x.square().sum();

/** A dimension of `count` in pieces of as many as fit, of `size` entries each; every piece picks its part of a tensor's first dimension. */
function pieces(count: number, size: number, { device }: Tensor): ((x: Tensor) => Tensor)[] {
  const step = Math.max(1, Math.floor((device === "cpu" ? PIECE.cpu : PIECE.cuda) / size));
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => {
    const start = i * step;
    return (x) => x.narrow(0, start, Math.min(step, count - start));
  });
}

/** As F.normalize: x / max(‖x‖, 1e-12). */
interface LengthOne {
  unit: Tensor; // [..., D]
  length: Tensor; // [..., 1]
}

const LEAST = 1e-12;

function atLengthOne(tokens: Tensor): LengthOne {
  const wide = tokens.to({ dtype: "float32" });
  const length = wide.norm(2, -1, { keepdim: true });
  return { unit: wide.div(length.clamp({ min: LEAST })), length };
}

/** A slope with respect to the unit tokens as one with respect to the tokens: what points along a token is lost. */
function throughLength(slope: Tensor, { unit, length }: LengthOne): Tensor {
  const along = unit.mul(slope).sum(-1, { keepdim: true }).mul(length.ge(LEAST)); // a shorter one was divided by a constant
  return slope.sub_(unit.mul(along)).div_(length.clamp({ min: LEAST }));
}
