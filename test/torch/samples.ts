/**
 * Arguments for every operator of native/ops.txt, by the names in libtorch's schemas. test/torch/ops.test.ts calls our
 * methods and functions with them, test/torch/reference/golden-ops.py PyTorch's.
 */

import { type DType, scaledDotProductAttention, type Tensor } from "../../src/torch/index.js";

/** A tensor as data; floating ones are float64, and leaves that a gradient is taken for. */
export interface TensorSpec {
  leaf: boolean;
  data: readonly number[];
  shape: readonly number[];
  dtype: DType;
}
export type Value = TensorSpec | Value[] | readonly number[] | number | boolean | string | null;
export type Args = Record<string, Value>;

/** What the values of a random operator must look like. */
export interface Distribution {
  mean: number;
  variance: number;
  holds(value: number): boolean;
}

export interface Sample {
  args: Args;
  /** The values are drawn: no golden number has them. */
  random?: Distribution;
  /** The values are whatever was in memory: dtype and shape alone are promised. */
  uninitialised?: true;
  /** In place of golden numbers: the same by other operators, for what libtorch 1.13 lacks. */
  sameAs?: { call(tensors: Tensor[]): Tensor; by(tensors: Tensor[]): Tensor };
}

const product = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Distinct, evenly spread values between `low` and `high`: the fractions of multiples of the golden ratio. */
function real(shape: readonly number[], { low = -1.5, high = 1.5, seed = 1 } = {}): TensorSpec {
  const data = Array.from(
    { length: product(shape) },
    (_, i) => low + (high - low) * (((i + 7.3 * seed) * 0.6180339887498949) % 1),
  );
  return { data, shape, dtype: "float64", leaf: true };
}
const positive = (shape: readonly number[], seed = 1): TensorSpec => real(shape, { low: 0.2, high: 2, seed });
const fixed = (spec: TensorSpec): TensorSpec => ({ ...spec, leaf: false });
const of = (dtype: DType, data: readonly number[], shape: readonly number[] = [data.length]): TensorSpec => ({
  data,
  shape,
  dtype,
  leaf: false,
});
const int = (data: readonly number[], shape?: readonly number[]): TensorSpec => of("int64", data, shape);
const bool = (data: readonly number[], shape?: readonly number[]): TensorSpec => of("bool", data, shape);

const given = (...list: Args[]): Sample[] => list.map((args) => ({ args }));
const drawn = (args: Args, random: Distribution): Sample[] => [{ args, random }];
const each = (names: readonly string[], ...list: Args[]): Record<string, Sample[]> =>
  Object.fromEntries(names.map((name) => [name, given(...list)]));

const x = real([2, 3]);
const y = real([2, 3], { seed: 2 });
const row = real([3], { seed: 3 });
const cube = real([2, 3, 4]);
const image = real([2, 4, 5, 6]);
// without gradients: libtorch 1.13 has none for operators on lists, optimizers need none
const list = [real([2, 2]), real([3], { seed: 2 })].map(fixed);
const others = [positive([2, 2], 3), positive([3], 4)].map(fixed);
const thirds = [positive([2, 2], 5), positive([3], 6)].map(fixed);
const logits = real([3, 4]);
const classes = int([2, 0, 3]);
const chances = of("float64", [0.1, 0.2, 0.3, 0.4, 0.7, 0.1, 0.1, 0.1, 0.25, 0.25, 0.25, 0.25], [3, 4]);
const many = fixed(real([4096]));

const arithmetic: Record<string, Sample[]> = {
  ...each(
    ["add.Tensor", "add_.Tensor", "sub.Tensor", "sub_.Tensor"],
    { self: x, other: row },
    { self: x, other: y, alpha: -0.5 },
  ),
  ...each(["add.Scalar", "add_.Scalar", "sub.Scalar", "sub_.Scalar"], { self: x, other: 1.25 }, { self: x, other: 2, alpha: 3 }),
  ...each(["mul.Tensor", "mul_.Tensor"], { self: x, other: row }),
  ...each(["mul.Scalar", "mul_.Scalar", "div.Scalar", "div_.Scalar"], { self: x, other: -2.5 }, { self: x, other: 3 }),
  ...each(["div.Tensor", "div_.Tensor"], { self: x, other: positive([3]) }),
  ...each(["neg", "square", "exp", "abs", "sign", "sin", "cos", "erf", "tanh", "sigmoid", "floor", "round"], { self: x }),
  ...each(["sqrt", "rsqrt", "log", "log1p", "reciprocal"], { self: positive([2, 3]) }),
  ...each(["erfinv", "erfinv_"], { self: real([2, 3], { low: -0.9, high: 0.9 }) }),
  ...each(
    ["addcmul", "addcdiv"],
    { self: x, tensor1: y, tensor2: positive([3]), value: 0.3 },
    { self: x, tensor1: y, tensor2: row },
  ),
  ...each(["lerp.Scalar", "lerp_.Scalar"], { self: x, end: y, weight: 0.3 }, { self: x, end: y, weight: 0.8 }),
  "pow.Tensor_Scalar": given({ self: positive([2, 3]), exponent: 1.7 }, { self: x, exponent: 3 }),
  "pow.Tensor_Tensor": given({ self: positive([2, 3]), exponent: y }),
  ...each(["maximum", "minimum"], { self: x, other: y }),
  ...each(["clamp", "clamp_"], { self: x, min: -0.5, max: 0.7 }, { self: x, min: 0 }),
  "remainder.Scalar": given({ self: x, other: 0.7 }),
};

const half = of("float64", [0, 0.5, 1, 1.5, 2, 2.5], [2, 3]);
const strange = of("float64", [0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1]);
const comparison: Record<string, Sample[]> = {
  ...each(
    ["eq.Tensor", "ne.Tensor", "lt.Tensor", "le.Tensor", "gt.Tensor", "ge.Tensor"],
    { self: half, other: of("float64", [0, 1, 1]) },
    { self: int([1, 2, 3]), other: int([3, 2, 1]) },
  ),
  ...each(
    ["eq.Scalar", "ne.Scalar", "lt.Scalar", "le.Scalar", "gt.Scalar", "ge.Scalar"],
    { self: half, other: 1.5 },
    { self: half, other: 1 },
  ),
  logical_and: given({ self: bool([1, 1, 0, 0]), other: bool([1, 0, 1, 0]) }),
  logical_not: given({ self: bool([1, 0]) }, { self: half }),
  "where.self": given({ condition: bool([1, 0, 1]), self: x, other: y }),
  "masked_fill.Scalar": given({ self: x, mask: bool([1, 0, 1]), value: -7 }),
  ...each(["isfinite", "isnan"], { self: strange }),
  equal: given({ self: half, other: half }, { self: half, other: x }),
};

const reductions: Record<string, Sample[]> = {
  ...each(["sum", "mean"], { self: x }, { self: x, dtype: "float64" }),
  ...each(
    ["sum.dim_IntList", "mean.dim"],
    { self: cube, dim: [0, 2] },
    { self: cube, dim: -1, keepdim: true },
    { self: cube, dim: null },
  ),
  "var.correction": given(
    { self: cube, dim: [1] },
    { self: cube, dim: [0, 2], correction: 0, keepdim: true },
    { self: cube, dim: null },
  ),
  ...each(["max", "min"], { self: x }),
  ...each(["max.dim", "min.dim"], { self: cube, dim: 1 }, { self: cube, dim: -1, keepdim: true }),
  ...each(["amax", "amin"], { self: cube }, { self: cube, dim: [0, 2], keepdim: true }),
  ...each(["argmax", "argmin"], { self: cube }, { self: cube, dim: 1, keepdim: true }),
  ...each(["all", "any"], { self: bool([1, 0, 1]) }, { self: bool([1, 1]) }, { self: bool([0, 0]) }),
  "norm.Scalar": given({ self: x }, { self: x, p: 3 }),
  "norm.ScalarOpt_dim": given(
    { self: cube, p: 2, dim: [1] },
    { self: cube, p: 1, dim: [0, 2], keepdim: true },
    { self: cube, p: null, dim: -1 },
  ),
  logsumexp: given({ self: cube, dim: 1 }, { self: cube, dim: [0, 2], keepdim: true }),
  cumsum: given({ self: cube, dim: 1 }),
  topk: given({ self: cube, k: 2 }, { self: cube, k: 1, dim: 1, largest: false }),
  sort: given({ self: cube }, { self: cube, dim: 0, descending: true }),
  argsort: given({ self: cube }, { self: cube, dim: 0, descending: true }),
  bincount: given({ self: int([0, 2, 2, 3]) }, { self: int([0, 2, 2]), weights: fixed(row), minlength: 5 }),
};

const shape: Record<string, Sample[]> = {
  reshape: given({ self: cube, shape: [6, -1] }),
  view: given({ self: cube, size: [4, 6] }),
  "transpose.int": given({ self: cube, dim0: 0, dim1: -1 }),
  permute: given({ self: cube, dims: [2, 0, 1] }),
  unsqueeze: given({ self: x, dim: 1 }),
  "squeeze.dim": given({ self: real([2, 1, 3]), dim: 1 }),
  expand: given({ self: row, size: [2, -1] }),
  "flatten.using_ints": given({ self: cube }, { self: cube, start_dim: 1 }, { self: cube, end_dim: 1 }),
  "select.int": given({ self: cube, dim: 1, index: -1 }),
  "slice.Tensor": given({ self: cube, dim: 1, start: 1 }, { self: cube, dim: -1, end: 3, step: 2 }, { self: cube, start: -1 }),
  narrow: given({ self: cube, dim: 2, start: 1, length: 2 }),
  chunk: given({ self: cube, chunks: 2 }, { self: cube, chunks: 3, dim: -1 }),
  "split.Tensor": given({ self: cube, split_size: 2, dim: 1 }, { self: cube, split_size: 1 }),
  "unbind.int": given({ self: x }, { self: cube, dim: 1 }),
  cat: given({ tensors: [x, y] }, { tensors: [x, y, x], dim: -1 }),
  stack: given({ tensors: [x, y] }, { tensors: [x, y], dim: 2 }),
  flip: given({ self: cube, dims: [0, 2] }),
  roll: given({ self: cube, shifts: [1, -1], dims: [1, 2] }, { self: cube, shifts: 5 }),
  repeat: given({ self: x, repeats: [2, 1, 2] }),
  "repeat_interleave.self_int": given({ self: x, repeats: 2, dim: 1 }, { self: x, repeats: 3 }),
  tril: given({ self: real([3, 4]) }, { self: real([3, 4]), diagonal: -1 }),
  diagonal: given({ self: real([3, 4]) }, { self: cube, offset: 1, dim1: 1, dim2: 2 }),
  contiguous: given({ self: image }, { self: image, memory_format: "channelsLast" }),
  clone: given({ self: image }, { self: image, memory_format: "channelsLast" }),
  detach: given({ self: x }),
  "to.dtype_layout": given(
    { self: x, copy: true },
    { self: int([1, -2]), dtype: "float32" },
    { self: half, dtype: "bool", device: "cpu" },
  ),
  copy_: given({ self: x, src: row }),
  "fill_.Scalar": given({ self: x, value: 2.5 }),
  zero_: given({ self: x }),
};

const rows = int([2, 0, 0, 1]);
const places = int([2, 0, 1, 1, 0, 2], [2, 3]);
const indexing: Record<string, Sample[]> = {
  index_select: given({ self: cube, dim: 1, index: rows }),
  gather: given({ self: x, dim: 1, index: int([0, 0, 2, 1], [2, 2]) }),
  "scatter.src": given({ self: x, dim: 1, index: places, src: y }),
  "scatter.value": given({ self: x, dim: 1, index: int([0, 2], [2, 1]), value: 9 }),
  "index.Tensor": given(
    { self: cube, indices: [null, rows] },
    { self: cube, indices: [int([1, 0]), int([2, 0])] },
    { self: x, indices: [bool([0, 1])] },
  ),
  one_hot: given({ self: int([1, 0, 2]) }, { self: int([1, 0], [2, 1]), num_classes: 4 }),
  embedding: given(
    { weight: real([4, 3]), indices: int([3, 0, 3, 1], [2, 2]) },
    { weight: fixed(real([4, 3])), indices: rows, padding_idx: 0 },
  ),
};

const products: Record<string, Sample[]> = {
  matmul: given({ self: x, other: real([3, 2]) }, { self: cube, other: real([4, 3], { seed: 2 }) }, { self: row, other: row }),
  mm: given({ self: x, mat2: real([3, 4], { seed: 2 }) }),
  bmm: given({ self: cube, mat2: real([2, 4, 3], { seed: 2 }) }),
  addmm: given(
    { self: real([4]), mat1: x, mat2: real([3, 4]) },
    { self: real([2, 4]), mat1: x, mat2: real([3, 4]), beta: 0.5, alpha: -2 },
  ),
  baddbmm: given({ self: real([2, 3, 3]), batch1: cube, batch2: real([2, 4, 3], { seed: 2 }), beta: 0.5, alpha: -2 }),
  einsum: given({ equation: "bij,bkj->bik", tensors: [cube, real([2, 2, 4], { seed: 2 })] }, { equation: "ij->j", tensors: [x] }),
};

const running = { running_mean: fixed(real([4])), running_var: fixed(positive([4])) };
const affine = { weight: positive([4], 2), bias: real([4], { seed: 3 }) };
const query = real([1, 2, 3, 4]);
const key = real([1, 2, 5, 4], { seed: 2 });
const worth = real([1, 2, 5, 4], { seed: 3 });

const layers: Record<string, Sample[]> = {
  linear: given(
    { input: cube, weight: real([5, 4], { seed: 2 }) },
    { input: x, weight: real([2, 3], { seed: 2 }), bias: real([2]) },
  ),
  conv2d: given(
    { input: image, weight: real([3, 4, 3, 2], { seed: 2 }) },
    {
      input: image,
      weight: real([4, 2, 3, 3], { seed: 2 }),
      bias: real([4]),
      stride: [2, 1],
      padding: 1,
      dilation: 1,
      groups: 2,
    },
  ),
  layer_norm: given(
    { input: cube, normalized_shape: [4] },
    { input: cube, normalized_shape: [3, 4], weight: positive([3, 4], 2), bias: real([3, 4], { seed: 3 }), eps: 1e-3 },
  ),
  batch_norm: given(
    { input: image, ...affine, ...running, training: true, momentum: 0.1, eps: 1e-5 },
    { input: image, ...affine, ...running, training: false, momentum: 0.1, eps: 1e-3 },
    { input: image, weight: null, bias: null, running_mean: null, running_var: null, training: true, momentum: 0.1, eps: 1e-5 },
  ),
  avg_pool2d: given(
    { self: image, kernel_size: 2 },
    { self: image, kernel_size: [3, 2], stride: [2, 1], padding: 1, count_include_pad: false },
  ),
  adaptive_avg_pool2d: given({ self: image, output_size: [2, 3] }, { self: image, output_size: 1 }),
  max_pool2d: given({ self: image, kernel_size: 2 }, { self: image, kernel_size: 3, stride: 2, padding: 1, ceil_mode: true }),
  ...each(
    ["upsample_bicubic2d.vec", "upsample_bilinear2d.vec"],
    { input: real([1, 2, 3, 4]), output_size: [5, 7], align_corners: false, scale_factors: null },
    { input: real([1, 2, 3, 4]), output_size: null, align_corners: true, scale_factors: [2, 1.5] },
  ),
  ...each(
    ["_upsample_bicubic2d_aa.vec", "_upsample_bilinear2d_aa.vec"],
    { input: real([1, 2, 9, 7]), output_size: [4, 3], align_corners: false, scale_factors: null },
    { input: real([1, 2, 3, 4]), output_size: null, align_corners: false, scale_factors: [2, 0.5] },
  ),
  constant_pad_nd: given({ self: x, pad: [1, 2] }, { self: x, pad: [0, 1, -1, 2], value: 0.5 }),
  pixel_shuffle: given({ self: real([1, 4, 2, 3]), upscale_factor: 2 }),
  im2col: given({ self: image, kernel_size: [3, 2], dilation: 1, padding: [1, 0], stride: [2, 2] }),
  dropout: [
    ...given({ input: x, p: 0.5, train: false }, { input: x, p: 0, train: true }),
    ...drawn(
      { input: of("float64", new Array(4096).fill(1)), p: 0.2, train: true },
      {
        mean: 1,
        variance: 0.25,
        holds: (value) => value === 0 || value === 1.25,
      },
    ),
  ],
  ...each(["relu", "relu_", "silu"], { self: x }),
  gelu: given({ self: x }, { self: x, approximate: "tanh" }),
  hardtanh: given({ self: x }, { self: x, min_val: -0.3, max_val: 0.6 }),
  ...each(["softmax.int", "log_softmax.int"], { self: cube, dim: -1 }, { self: cube, dim: 1 }),
  cosine_similarity: given({ x1: cube, x2: real([2, 3, 4], { seed: 2 }) }, { x1: x, x2: y, dim: -1, eps: 1e-3 }),
  scaled_dot_product_attention: [
    {
      args: { query, key, value: worth },
      sameAs: {
        call: ([q, k, v]) => scaledDotProductAttention(q, k, v),
        by: ([q, k, v]) => q.matmul(k.transpose(-2, -1)).div(2).softmax(-1).matmul(v),
      },
    },
  ],
};

const losses: Record<string, Sample[]> = {
  nll_loss_nd: given(
    { self: logits, target: classes },
    { self: logits, target: classes, weight: fixed(positive([4])), reduction: 2, ignore_index: 0 },
  ),
  cross_entropy_loss: given(
    { self: logits, target: classes },
    { self: logits, target: chances, label_smoothing: 0.1 },
    { self: logits, target: classes, weight: fixed(positive([4])), reduction: 0, label_smoothing: 0.2 },
  ),
  kl_div: given(
    { self: logits, target: chances },
    { self: logits, target: real([3, 4], { seed: 2 }), reduction: 2, log_target: true },
  ),
  mse_loss: given({ self: x, target: y }, { self: x, target: y, reduction: 0 }),
  smooth_l1_loss: given({ self: x, target: y }, { self: x, target: y, reduction: 2, beta: 0.4 }),
};

const random: Record<string, Sample[]> = {
  uniform_: drawn({ self: many, from: 2, to: 5 }, { mean: 3.5, variance: 0.75, holds: (v) => v >= 2 && v < 5 }),
  normal_: drawn({ self: many, mean: -1, std: 2 }, { mean: -1, variance: 4, holds: Number.isFinite }),
  "bernoulli_.float": drawn({ self: many, p: 0.3 }, { mean: 0.3, variance: 0.21, holds: (v) => v === 0 || v === 1 }),
  "randperm.generator": drawn(
    { n: 4096 },
    { mean: 2047.5, variance: (4096 ** 2 - 1) / 12, holds: (v) => Number.isInteger(v) && v >= 0 && v < 4096 },
  ),
  "randint.low_generator": drawn(
    { low: -2, high: 3, size: [64, 64] },
    { mean: 0, variance: 2, holds: (v) => [-2, -1, 0, 1, 2].includes(v) },
  ),
  multinomial: drawn(
    { self: of("float64", [0.5, 0.3, 0, 0.2]), num_samples: 4096, replacement: true },
    {
      mean: 0.9,
      variance: 1.29,
      holds: (v) => [0, 1, 3].includes(v),
    },
  ),
};

const factories: Record<string, Sample[]> = {
  "empty.memory_format": [{ args: { size: [2, 3], dtype: "int16" }, uninitialised: true }],
  empty_like: [{ args: { self: x, dtype: "float32" }, uninitialised: true }],
  ...each(["zeros", "ones"], { size: [2, 3] }, { size: [], dtype: "bool" }),
  full: given({ size: [2], fill_value: 1 }, { size: [2, 0], fill_value: 1.5 }, { size: [2], fill_value: 2.5, dtype: "float64" }),
  "arange.start_step": given({ start: 1, end: 4 }, { start: 1, end: -1, step: -0.5 }),
  linspace: given({ start: -1, end: 2, steps: 4, dtype: "float64" }),
  eye: given({ n: 3 }),
  ...each(["zeros_like", "ones_like"], { self: x }, { self: x, dtype: "int64" }),
};

const lists: Record<string, Sample[]> = {
  ...each(
    ["_foreach_add_.Scalar", "_foreach_add.Scalar", "_foreach_mul_.Scalar", "_foreach_mul.Scalar", "_foreach_div_.Scalar"],
    {
      self: list,
      scalar: 1.7,
    },
  ),
  ...each(["_foreach_add_.List", "_foreach_add.List"], { self: list, other: others }, { self: list, other: others, alpha: -2 }),
  ...each(["_foreach_mul_.List", "_foreach_div_.List", "_foreach_div.List"], { self: list, other: others }),
  ...each(["_foreach_addcmul_.Scalar", "_foreach_addcdiv_.Scalar"], {
    self: list,
    tensor1: others,
    tensor2: thirds,
    value: -0.3,
  }),
  ...each(["_foreach_sqrt"], { self: others }),
  ...each(["_foreach_neg_", "_foreach_zero_"], { self: list }),
  "_foreach_norm.Scalar": given({ self: list }, { self: list, ord: 1 }),
};

/** Whole numbers as float32: no leaves, and every sum of a few of their products is exact. */
const whole32 = (shape: readonly number[], data: readonly number[]): TensorSpec => ({
  leaf: false,
  data,
  shape,
  dtype: "float32",
});

const own: Record<string, Sample[]> = {
  // with one token every weight of the softmax is 1
  "vit_distill::talking_heads": given({
    qkv: whole32([2, 1, 6], [5, -2, 7, 1, 2, 3, 0, 4, -6, 3, -1, 8]),
    before: whole32([2, 2], [1, 2, 3, 4]),
    before_bias: whole32([2], [-1, 2]),
    after: whole32([2, 2], [1, -3, 2, 5]),
    after_bias: whole32([2], [4, -2]),
  }),
  // queries of zeros look at all tokens alike
  "vit_distill::self_attention": given({
    qkv: whole32([1, 2, 12], [0, 0, 0, 0, 1, 2, 3, 4, 5, -2, 7, 1, 0, 0, 0, 0, -2, 3, 8, 5, 3, 6, -1, 9]),
    heads: 2,
  }),
  // lengths that are powers of 2
  "vit_distill::gram_gap": given({
    student: whole32([1, 2, 2], [2, 0, 0, -4]),
    teacher: whole32([1, 2, 3], [1, 0, 0, 8, 0, 0]),
  }),
  // the gradient is what it is told to be (test/torch/autograd.test.ts), which no difference quotient finds
  "vit_distill::with_gradient": given({
    features: whole32([2], [3, 4]),
    value: whole32([], [5]),
    gradient: whole32([2], [1, -2]),
  }),
  // norms that give their bias, one token, and hidden numbers whose GELU is 0 or themselves: every step is in whole numbers
  "vit_distill::encoder_block": given({
    x: whole32([1, 1, 2], [3, -1]),
    heads: 1,
    norms: [whole32([2], [0, 0]), whole32([2], [1, 2]), whole32([2], [0, 0]), whole32([2], [2, -1])],
    weights: [
      whole32([6, 2], [1, 0, 0, 1, 2, 1, 1, 1, 3, -1, 2, 2]),
      whole32([2, 2], [1, 2, -1, 3]),
      whole32([3, 2], [4, 0, 0, -16, 8, 16]),
      whole32([2, 3], [1, -2, 5, 3, 1, 7]),
    ],
    biases: [null, whole32([2], [1, -2]), whole32([3], [0, 0, 0]), whole32([2], [4, 2])],
    exchange: [whole32([1, 1], [2]), whole32([1], [1]), whole32([1, 1], [2]), whole32([1], [-3])],
    scales: [whole32([2], [2, -1]), whole32([2], [1, 3])],
  }),
  "vit_distill::involution": given(
    { input: real([2, 4, 3, 4]), weight: real([2, 2, 3, 3, 3, 4], { seed: 2 }), padding: 1 },
    { input: image, weight: real([2, 1, 2, 3, 3, 3], { seed: 2 }), stride: 2, padding: 1 },
    { input: real([1, 3, 2, 10]), weight: real([1, 3, 1, 2, 2, 9], { seed: 2 }) },
  ),
};

export const samples: Record<string, Sample[]> = {
  ...arithmetic,
  ...comparison,
  ...reductions,
  ...shape,
  ...indexing,
  ...products,
  ...layers,
  ...losses,
  ...random,
  ...factories,
  ...lists,
  ...own,
};
