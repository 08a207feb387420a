/** Written by tools/ops.ts from libtorch's own schemas: do not edit. Add operators to native/ops.txt, then: npm run ops */

import { handlesOf, invoke, isOptions, known, resolve, wrap, wrapAll, wrapTuple } from "./dispatch.js";
import type { Device, DType, MemoryFormat } from "./dtype.js";
import type { Generator } from "./random.js";
import type { Tensor } from "./tensor.js";

const ADD_TENSOR = resolve("add", "Tensor", ["self","other","alpha"]);
const ADD_SCALAR = resolve("add", "Scalar", ["self","other","alpha"]);
const ADD__TENSOR = resolve("add_", "Tensor", ["self","other","alpha"]);
const ADD__SCALAR = resolve("add_", "Scalar", ["self","other","alpha"]);
const SUB_TENSOR = resolve("sub", "Tensor", ["self","other","alpha"]);
const SUB_SCALAR = resolve("sub", "Scalar", ["self","other","alpha"]);
const SUB__TENSOR = resolve("sub_", "Tensor", ["self","other","alpha"]);
const SUB__SCALAR = resolve("sub_", "Scalar", ["self","other","alpha"]);
const MUL_TENSOR = resolve("mul", "Tensor", ["self","other"]);
const MUL_SCALAR = resolve("mul", "Scalar", ["self","other"]);
const MUL__TENSOR = resolve("mul_", "Tensor", ["self","other"]);
const MUL__SCALAR = resolve("mul_", "Scalar", ["self","other"]);
const DIV_TENSOR = resolve("div", "Tensor", ["self","other"]);
const DIV_SCALAR = resolve("div", "Scalar", ["self","other"]);
const DIV__TENSOR = resolve("div_", "Tensor", ["self","other"]);
const DIV__SCALAR = resolve("div_", "Scalar", ["self","other"]);
const NEG = resolve("neg", "", ["self"]);
const RECIPROCAL = resolve("reciprocal", "", ["self"]);
const ADDCMUL = resolve("addcmul", "", ["self","tensor1","tensor2","value"]);
const ADDCDIV = resolve("addcdiv", "", ["self","tensor1","tensor2","value"]);
const LERP_SCALAR = resolve("lerp", "Scalar", ["self","end","weight"]);
const LERP__SCALAR = resolve("lerp_", "Scalar", ["self","end","weight"]);
const POW_TENSOR_SCALAR = resolve("pow", "Tensor_Scalar", ["self","exponent"]);
const POW_TENSOR_TENSOR = resolve("pow", "Tensor_Tensor", ["self","exponent"]);
const SQUARE = resolve("square", "", ["self"]);
const SQRT = resolve("sqrt", "", ["self"]);
const RSQRT = resolve("rsqrt", "", ["self"]);
const EXP = resolve("exp", "", ["self"]);
const LOG = resolve("log", "", ["self"]);
const LOG1P = resolve("log1p", "", ["self"]);
const ABS = resolve("abs", "", ["self"]);
const SIGN = resolve("sign", "", ["self"]);
const SIN = resolve("sin", "", ["self"]);
const COS = resolve("cos", "", ["self"]);
const ERF = resolve("erf", "", ["self"]);
const ERFINV = resolve("erfinv", "", ["self"]);
const ERFINV_ = resolve("erfinv_", "", ["self"]);
const TANH = resolve("tanh", "", ["self"]);
const SIGMOID = resolve("sigmoid", "", ["self"]);
const MAXIMUM = resolve("maximum", "", ["self","other"]);
const MINIMUM = resolve("minimum", "", ["self","other"]);
const CLAMP = resolve("clamp", "", ["self","min","max"]);
const CLAMP_ = resolve("clamp_", "", ["self","min","max"]);
const REMAINDER_SCALAR = resolve("remainder", "Scalar", ["self","other"]);
const FLOOR = resolve("floor", "", ["self"]);
const ROUND = resolve("round", "", ["self"]);
const EQ_TENSOR = resolve("eq", "Tensor", ["self","other"]);
const EQ_SCALAR = resolve("eq", "Scalar", ["self","other"]);
const NE_TENSOR = resolve("ne", "Tensor", ["self","other"]);
const NE_SCALAR = resolve("ne", "Scalar", ["self","other"]);
const LT_TENSOR = resolve("lt", "Tensor", ["self","other"]);
const LT_SCALAR = resolve("lt", "Scalar", ["self","other"]);
const LE_TENSOR = resolve("le", "Tensor", ["self","other"]);
const LE_SCALAR = resolve("le", "Scalar", ["self","other"]);
const GT_TENSOR = resolve("gt", "Tensor", ["self","other"]);
const GT_SCALAR = resolve("gt", "Scalar", ["self","other"]);
const GE_TENSOR = resolve("ge", "Tensor", ["self","other"]);
const GE_SCALAR = resolve("ge", "Scalar", ["self","other"]);
const LOGICAL_AND = resolve("logical_and", "", ["self","other"]);
const LOGICAL_NOT = resolve("logical_not", "", ["self"]);
const WHERE_SELF = resolve("where", "self", ["condition","self","other"]);
const MASKED_FILL_SCALAR = resolve("masked_fill", "Scalar", ["self","mask","value"]);
const ISFINITE = resolve("isfinite", "", ["self"]);
const ISNAN = resolve("isnan", "", ["self"]);
const EQUAL = resolve("equal", "", ["self","other"]);
const SUM = resolve("sum", "", ["self","dtype"]);
const SUM_DIM_INTLIST = resolve("sum", "dim_IntList", ["self","dim","keepdim","dtype"]);
const MEAN = resolve("mean", "", ["self","dtype"]);
const MEAN_DIM = resolve("mean", "dim", ["self","dim","keepdim","dtype"]);
const VAR_CORRECTION = resolve("var", "correction", ["self","dim","correction","keepdim"]);
const MAX = resolve("max", "", ["self"]);
const MAX_DIM = resolve("max", "dim", ["self","dim","keepdim"]);
const MIN = resolve("min", "", ["self"]);
const MIN_DIM = resolve("min", "dim", ["self","dim","keepdim"]);
const AMAX = resolve("amax", "", ["self","dim","keepdim"]);
const AMIN = resolve("amin", "", ["self","dim","keepdim"]);
const ARGMAX = resolve("argmax", "", ["self","dim","keepdim"]);
const ARGMIN = resolve("argmin", "", ["self","dim","keepdim"]);
const ALL = resolve("all", "", ["self"]);
const ANY = resolve("any", "", ["self"]);
const NORM_SCALAR = resolve("norm", "Scalar", ["self","p"]);
const NORM_SCALAROPT_DIM = resolve("norm", "ScalarOpt_dim", ["self","p","dim","keepdim"]);
const LOGSUMEXP = resolve("logsumexp", "", ["self","dim","keepdim"]);
const CUMSUM = resolve("cumsum", "", ["self","dim","dtype"]);
const TOPK = resolve("topk", "", ["self","k","dim","largest","sorted"]);
const SORT = resolve("sort", "", ["self","dim","descending"]);
const ARGSORT = resolve("argsort", "", ["self","dim","descending"]);
const BINCOUNT = resolve("bincount", "", ["self","weights","minlength"]);
const RESHAPE = resolve("reshape", "", ["self","shape"]);
const VIEW = resolve("view", "", ["self","size"]);
const TRANSPOSE_INT = resolve("transpose", "int", ["self","dim0","dim1"]);
const PERMUTE = resolve("permute", "", ["self","dims"]);
const UNSQUEEZE = resolve("unsqueeze", "", ["self","dim"]);
const SQUEEZE_DIM = resolve("squeeze", "dim", ["self","dim"]);
const EXPAND = resolve("expand", "", ["self","size","implicit"]);
const FLATTEN_USING_INTS = resolve("flatten", "using_ints", ["self","start_dim","end_dim"]);
const SELECT_INT = resolve("select", "int", ["self","dim","index"]);
const SLICE_TENSOR = resolve("slice", "Tensor", ["self","dim","start","end","step"]);
const NARROW = resolve("narrow", "", ["self","dim","start","length"]);
const CHUNK = resolve("chunk", "", ["self","chunks","dim"]);
const SPLIT_TENSOR = resolve("split", "Tensor", ["self","split_size","dim"]);
const UNBIND_INT = resolve("unbind", "int", ["self","dim"]);
const CAT = resolve("cat", "", ["tensors","dim"]);
const STACK = resolve("stack", "", ["tensors","dim"]);
const FLIP = resolve("flip", "", ["self","dims"]);
const ROLL = resolve("roll", "", ["self","shifts","dims"]);
const REPEAT = resolve("repeat", "", ["self","repeats"]);
const REPEAT_INTERLEAVE_SELF_INT = resolve("repeat_interleave", "self_int", ["self","repeats","dim","output_size"]);
const TRIL = resolve("tril", "", ["self","diagonal"]);
const DIAGONAL = resolve("diagonal", "", ["self","offset","dim1","dim2"]);
const CONTIGUOUS = resolve("contiguous", "", ["self","memory_format"]);
const CLONE = resolve("clone", "", ["self","memory_format"]);
const DETACH = resolve("detach", "", ["self"]);
const TO_DTYPE_LAYOUT = resolve("to", "dtype_layout", ["self","dtype","device","non_blocking","copy","memory_format"]);
const COPY_ = resolve("copy_", "", ["self","src","non_blocking"]);
const FILL__SCALAR = resolve("fill_", "Scalar", ["self","value"]);
const ZERO_ = resolve("zero_", "", ["self"]);
const INDEX_SELECT = resolve("index_select", "", ["self","dim","index"]);
const GATHER = resolve("gather", "", ["self","dim","index","sparse_grad"]);
const SCATTER_SRC = resolve("scatter", "src", ["self","dim","index","src"]);
const SCATTER_VALUE = resolve("scatter", "value", ["self","dim","index","value"]);
const INDEX_TENSOR = resolve("index", "Tensor", ["self","indices"]);
const ONE_HOT = resolve("one_hot", "", ["self","num_classes"]);
const EMBEDDING = resolve("embedding", "", ["weight","indices","padding_idx","scale_grad_by_freq","sparse"]);
const MATMUL = resolve("matmul", "", ["self","other"]);
const MM = resolve("mm", "", ["self","mat2"]);
const BMM = resolve("bmm", "", ["self","mat2"]);
const ADDMM = resolve("addmm", "", ["self","mat1","mat2","beta","alpha"]);
const BADDBMM = resolve("baddbmm", "", ["self","batch1","batch2","beta","alpha"]);
const EINSUM = resolve("einsum", "", ["equation","tensors","path"]);
const LINEAR = resolve("linear", "", ["input","weight","bias"]);
const CONV2D = resolve("conv2d", "", ["input","weight","bias","stride","padding","dilation","groups"]);
const LAYER_NORM = resolve("layer_norm", "", ["input","normalized_shape","weight","bias","eps"]);
const BATCH_NORM = resolve("batch_norm", "", ["input","weight","bias","running_mean","running_var","training","momentum","eps","cudnn_enabled"]);
const AVG_POOL2D = resolve("avg_pool2d", "", ["self","kernel_size","stride","padding","ceil_mode","count_include_pad","divisor_override"]);
const ADAPTIVE_AVG_POOL2D = resolve("adaptive_avg_pool2d", "", ["self","output_size"]);
const MAX_POOL2D = resolve("max_pool2d", "", ["self","kernel_size","stride","padding","dilation","ceil_mode"]);
const UPSAMPLE_BICUBIC2D_VEC = resolve("upsample_bicubic2d", "vec", ["input","output_size","align_corners","scale_factors"]);
const UPSAMPLE_BILINEAR2D_VEC = resolve("upsample_bilinear2d", "vec", ["input","output_size","align_corners","scale_factors"]);
const _UPSAMPLE_BICUBIC2D_AA_VEC = resolve("_upsample_bicubic2d_aa", "vec", ["input","output_size","align_corners","scale_factors"]);
const _UPSAMPLE_BILINEAR2D_AA_VEC = resolve("_upsample_bilinear2d_aa", "vec", ["input","output_size","align_corners","scale_factors"]);
const CONSTANT_PAD_ND = resolve("constant_pad_nd", "", ["self","pad","value"]);
const PIXEL_SHUFFLE = resolve("pixel_shuffle", "", ["self","upscale_factor"]);
const IM2COL = resolve("im2col", "", ["self","kernel_size","dilation","padding","stride"]);
const DROPOUT = resolve("dropout", "", ["input","p","train"]);
const RELU = resolve("relu", "", ["self"]);
const RELU_ = resolve("relu_", "", ["self"]);
const GELU = resolve("gelu", "", ["self","approximate"]);
const SILU = resolve("silu", "", ["self"]);
const HARDTANH = resolve("hardtanh", "", ["self","min_val","max_val"]);
const SOFTMAX_INT = resolve("softmax", "int", ["self","dim","dtype"]);
const LOG_SOFTMAX_INT = resolve("log_softmax", "int", ["self","dim","dtype"]);
const COSINE_SIMILARITY = resolve("cosine_similarity", "", ["x1","x2","dim","eps"]);
const SCALED_DOT_PRODUCT_ATTENTION = resolve("scaled_dot_product_attention", "", ["query","key","value","attn_mask","dropout_p","is_causal","scale"]);
const NLL_LOSS_ND = resolve("nll_loss_nd", "", ["self","target","weight","reduction","ignore_index"]);
const CROSS_ENTROPY_LOSS = resolve("cross_entropy_loss", "", ["self","target","weight","reduction","ignore_index","label_smoothing"]);
const KL_DIV = resolve("kl_div", "", ["self","target","reduction","log_target"]);
const MSE_LOSS = resolve("mse_loss", "", ["self","target","reduction"]);
const SMOOTH_L1_LOSS = resolve("smooth_l1_loss", "", ["self","target","reduction","beta"]);
const UNIFORM_ = resolve("uniform_", "", ["self","from","to","generator"]);
const NORMAL_ = resolve("normal_", "", ["self","mean","std","generator"]);
const BERNOULLI__FLOAT = resolve("bernoulli_", "float", ["self","p","generator"]);
const RANDPERM_GENERATOR = resolve("randperm", "generator", ["n","generator","dtype","device"]);
const RANDINT_LOW_GENERATOR = resolve("randint", "low_generator", ["low","high","size","generator","dtype","device"]);
const MULTINOMIAL = resolve("multinomial", "", ["self","num_samples","replacement","generator"]);
const EMPTY_MEMORY_FORMAT = resolve("empty", "memory_format", ["size","dtype","device","memory_format"]);
const ZEROS = resolve("zeros", "", ["size","dtype","device"]);
const ONES = resolve("ones", "", ["size","dtype","device"]);
const FULL = resolve("full", "", ["size","fill_value","dtype","device"]);
const ARANGE_START_STEP = resolve("arange", "start_step", ["start","end","step","dtype","device"]);
const LINSPACE = resolve("linspace", "", ["start","end","steps","dtype","device"]);
const EYE = resolve("eye", "", ["n","dtype","device"]);
const ZEROS_LIKE = resolve("zeros_like", "", ["self","dtype","device","memory_format"]);
const ONES_LIKE = resolve("ones_like", "", ["self","dtype","device","memory_format"]);
const EMPTY_LIKE = resolve("empty_like", "", ["self","dtype","device","memory_format"]);
const _FOREACH_ADD__SCALAR = resolve("_foreach_add_", "Scalar", ["self","scalar"]);
const _FOREACH_ADD__LIST = resolve("_foreach_add_", "List", ["self","other","alpha"]);
const _FOREACH_MUL__SCALAR = resolve("_foreach_mul_", "Scalar", ["self","scalar"]);
const _FOREACH_MUL__LIST = resolve("_foreach_mul_", "List", ["self","other"]);
const _FOREACH_DIV__SCALAR = resolve("_foreach_div_", "Scalar", ["self","scalar"]);
const _FOREACH_DIV__LIST = resolve("_foreach_div_", "List", ["self","other"]);
const _FOREACH_DIV_LIST = resolve("_foreach_div", "List", ["self","other"]);
const _FOREACH_ADDCMUL__SCALAR = resolve("_foreach_addcmul_", "Scalar", ["self","tensor1","tensor2","value"]);
const _FOREACH_ADDCDIV__SCALAR = resolve("_foreach_addcdiv_", "Scalar", ["self","tensor1","tensor2","value"]);
const _FOREACH_SQRT = resolve("_foreach_sqrt", "", ["self"]);
const _FOREACH_NEG_ = resolve("_foreach_neg_", "", ["self"]);
const _FOREACH_ZERO_ = resolve("_foreach_zero_", "", ["self"]);
const _FOREACH_NORM_SCALAR = resolve("_foreach_norm", "Scalar", ["self","ord"]);
const _FOREACH_MUL_SCALAR = resolve("_foreach_mul", "Scalar", ["self","scalar"]);
const _FOREACH_ADD_LIST = resolve("_foreach_add", "List", ["self","other","alpha"]);
const _FOREACH_ADD_SCALAR = resolve("_foreach_add", "Scalar", ["self","scalar"]);
const VIT_DISTILL_INVOLUTION = resolve("vit_distill::involution", "", ["input","weight","stride","padding"]);
const VIT_DISTILL_TALKING_HEADS = resolve("vit_distill::talking_heads", "", ["qkv","before","before_bias","after","after_bias","portable"]);
const VIT_DISTILL_SELF_ATTENTION = resolve("vit_distill::self_attention", "", ["qkv","heads","portable"]);
const VIT_DISTILL_ENCODER_BLOCK = resolve("vit_distill::encoder_block", "", ["x","heads","norms","weights","biases","exchange","scales","kept","eps","portable"]);
const VIT_DISTILL_GRAM_GAP = resolve("vit_distill::gram_gap", "", ["student","teacher"]);
const VIT_DISTILL_WITH_GRADIENT = resolve("vit_distill::with_gradient", "", ["features","value","gradient"]);

/** The operators whose first argument is a tensor, as methods. */
export abstract class TensorOperators {
  abstract readonly handle: number;

/**
 * aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
 * or
 * aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
 */
add(other: Tensor | number, options?: { alpha?: number }): Tensor;
add(a0?: unknown, a1?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
const { alpha } = known("add", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
return wrap(invoke(ADD_TENSOR, this.handle, other?.handle, alpha));
}
const other = a0 as number;
const { alpha } = known("add", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
return wrap(invoke(ADD_SCALAR, this.handle, other, alpha));
}

/**
 * aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)
 * or
 * aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)
 */
add_(other: Tensor | number, options?: { alpha?: number }): this;
add_(a0?: unknown, a1?: unknown): this {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
const { alpha } = known("add_", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
invoke(ADD__TENSOR, this.handle, other?.handle, alpha);
    return this;
}
const other = a0 as number;
const { alpha } = known("add_", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
invoke(ADD__SCALAR, this.handle, other, alpha);
    return this;
}

/**
 * aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
 * or
 * aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
 */
sub(other: Tensor | number, options?: { alpha?: number }): Tensor;
sub(a0?: unknown, a1?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
const { alpha } = known("sub", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
return wrap(invoke(SUB_TENSOR, this.handle, other?.handle, alpha));
}
const other = a0 as number;
const { alpha } = known("sub", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
return wrap(invoke(SUB_SCALAR, this.handle, other, alpha));
}

/**
 * aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)
 * or
 * aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)
 */
sub_(other: Tensor | number, options?: { alpha?: number }): this;
sub_(a0?: unknown, a1?: unknown): this {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
const { alpha } = known("sub_", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
invoke(SUB__TENSOR, this.handle, other?.handle, alpha);
    return this;
}
const other = a0 as number;
const { alpha } = known("sub_", (a1 ?? {}) as { alpha?: number }, ["alpha"]);
    
invoke(SUB__SCALAR, this.handle, other, alpha);
    return this;
}

/**
 * aten::mul.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::mul.Scalar(Tensor self, Scalar other) -> Tensor
 */
mul(other: Tensor | number): Tensor;
mul(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(MUL_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(MUL_SCALAR, this.handle, other));
}

/**
 * aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)
 * or
 * aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)
 */
mul_(other: Tensor | number): this;
mul_(a0?: unknown): this {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
invoke(MUL__TENSOR, this.handle, other?.handle);
    return this;
}
const other = a0 as number;
invoke(MUL__SCALAR, this.handle, other);
    return this;
}

/**
 * aten::div.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::div.Scalar(Tensor self, Scalar other) -> Tensor
 */
div(other: Tensor | number): Tensor;
div(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(DIV_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(DIV_SCALAR, this.handle, other));
}

/**
 * aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)
 * or
 * aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)
 */
div_(other: Tensor | number): this;
div_(a0?: unknown): this {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
invoke(DIV__TENSOR, this.handle, other?.handle);
    return this;
}
const other = a0 as number;
invoke(DIV__SCALAR, this.handle, other);
    return this;
}

/** aten::neg(Tensor self) -> Tensor */
neg(): Tensor {
    return wrap(invoke(NEG, this.handle));
}

/** aten::reciprocal(Tensor self) -> Tensor */
reciprocal(): Tensor {
    return wrap(invoke(RECIPROCAL, this.handle));
}

/** aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor */
addcmul(tensor1: Tensor, tensor2: Tensor, options: { value?: number } = {}): Tensor {
    const { value } = known("addcmul", options, ["value"]);
    return wrap(invoke(ADDCMUL, this.handle, tensor1?.handle, tensor2?.handle, value));
}

/** aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor */
addcdiv(tensor1: Tensor, tensor2: Tensor, options: { value?: number } = {}): Tensor {
    const { value } = known("addcdiv", options, ["value"]);
    return wrap(invoke(ADDCDIV, this.handle, tensor1?.handle, tensor2?.handle, value));
}

/** aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor */
lerp(end: Tensor, weight: number): Tensor {
    return wrap(invoke(LERP_SCALAR, this.handle, end?.handle, weight));
}

/** aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!) */
lerp_(end: Tensor, weight: number): this {
    invoke(LERP__SCALAR, this.handle, end?.handle, weight);
    return this;
}

/**
 * aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor
 * or
 * aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor
 */
pow(exponent: Tensor | number): Tensor;
pow(a0?: unknown): Tensor {
if (typeof a0 === "number") {
const exponent = a0 as number;
return wrap(invoke(POW_TENSOR_SCALAR, this.handle, exponent));
}
const exponent = a0 as Tensor;
return wrap(invoke(POW_TENSOR_TENSOR, this.handle, exponent?.handle));
}

/** aten::square(Tensor self) -> Tensor */
square(): Tensor {
    return wrap(invoke(SQUARE, this.handle));
}

/** aten::sqrt(Tensor self) -> Tensor */
sqrt(): Tensor {
    return wrap(invoke(SQRT, this.handle));
}

/** aten::rsqrt(Tensor self) -> Tensor */
rsqrt(): Tensor {
    return wrap(invoke(RSQRT, this.handle));
}

/** aten::exp(Tensor self) -> Tensor */
exp(): Tensor {
    return wrap(invoke(EXP, this.handle));
}

/** aten::log(Tensor self) -> Tensor */
log(): Tensor {
    return wrap(invoke(LOG, this.handle));
}

/** aten::log1p(Tensor self) -> Tensor */
log1p(): Tensor {
    return wrap(invoke(LOG1P, this.handle));
}

/** aten::abs(Tensor self) -> Tensor */
abs(): Tensor {
    return wrap(invoke(ABS, this.handle));
}

/** aten::sign(Tensor self) -> Tensor */
sign(): Tensor {
    return wrap(invoke(SIGN, this.handle));
}

/** aten::sin(Tensor self) -> Tensor */
sin(): Tensor {
    return wrap(invoke(SIN, this.handle));
}

/** aten::cos(Tensor self) -> Tensor */
cos(): Tensor {
    return wrap(invoke(COS, this.handle));
}

/** aten::erf(Tensor self) -> Tensor */
erf(): Tensor {
    return wrap(invoke(ERF, this.handle));
}

/** aten::erfinv(Tensor self) -> Tensor */
erfinv(): Tensor {
    return wrap(invoke(ERFINV, this.handle));
}

/** aten::erfinv_(Tensor(a!) self) -> Tensor(a!) */
erfinv_(): this {
    invoke(ERFINV_, this.handle);
    return this;
}

/** aten::tanh(Tensor self) -> Tensor */
tanh(): Tensor {
    return wrap(invoke(TANH, this.handle));
}

/** aten::sigmoid(Tensor self) -> Tensor */
sigmoid(): Tensor {
    return wrap(invoke(SIGMOID, this.handle));
}

/** aten::maximum(Tensor self, Tensor other) -> Tensor */
maximum(other: Tensor): Tensor {
    return wrap(invoke(MAXIMUM, this.handle, other?.handle));
}

/** aten::minimum(Tensor self, Tensor other) -> Tensor */
minimum(other: Tensor): Tensor {
    return wrap(invoke(MINIMUM, this.handle, other?.handle));
}

/** aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor */
clamp(options: { min?: number | null; max?: number | null } = {}): Tensor {
    const { min, max } = known("clamp", options, ["min","max"]);
    return wrap(invoke(CLAMP, this.handle, min, max));
}

/** aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!) */
clamp_(options: { min?: number | null; max?: number | null } = {}): this {
    const { min, max } = known("clamp_", options, ["min","max"]);
    invoke(CLAMP_, this.handle, min, max);
    return this;
}

/** aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor */
remainder(other: number): Tensor {
    return wrap(invoke(REMAINDER_SCALAR, this.handle, other));
}

/** aten::floor(Tensor self) -> Tensor */
floor(): Tensor {
    return wrap(invoke(FLOOR, this.handle));
}

/** aten::round(Tensor self) -> Tensor */
round(): Tensor {
    return wrap(invoke(ROUND, this.handle));
}

/**
 * aten::eq.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::eq.Scalar(Tensor self, Scalar other) -> Tensor
 */
eq(other: Tensor | number): Tensor;
eq(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(EQ_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(EQ_SCALAR, this.handle, other));
}

/**
 * aten::ne.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::ne.Scalar(Tensor self, Scalar other) -> Tensor
 */
ne(other: Tensor | number): Tensor;
ne(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(NE_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(NE_SCALAR, this.handle, other));
}

/**
 * aten::lt.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::lt.Scalar(Tensor self, Scalar other) -> Tensor
 */
lt(other: Tensor | number): Tensor;
lt(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(LT_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(LT_SCALAR, this.handle, other));
}

/**
 * aten::le.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::le.Scalar(Tensor self, Scalar other) -> Tensor
 */
le(other: Tensor | number): Tensor;
le(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(LE_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(LE_SCALAR, this.handle, other));
}

/**
 * aten::gt.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::gt.Scalar(Tensor self, Scalar other) -> Tensor
 */
gt(other: Tensor | number): Tensor;
gt(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(GT_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(GT_SCALAR, this.handle, other));
}

/**
 * aten::ge.Tensor(Tensor self, Tensor other) -> Tensor
 * or
 * aten::ge.Scalar(Tensor self, Scalar other) -> Tensor
 */
ge(other: Tensor | number): Tensor;
ge(a0?: unknown): Tensor {
if (a0 instanceof TensorOperators) {
const other = a0 as Tensor;
return wrap(invoke(GE_TENSOR, this.handle, other?.handle));
}
const other = a0 as number;
return wrap(invoke(GE_SCALAR, this.handle, other));
}

/** aten::logical_and(Tensor self, Tensor other) -> Tensor */
logicalAnd(other: Tensor): Tensor {
    return wrap(invoke(LOGICAL_AND, this.handle, other?.handle));
}

/** aten::logical_not(Tensor self) -> Tensor */
logicalNot(): Tensor {
    return wrap(invoke(LOGICAL_NOT, this.handle));
}

/** aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor */
maskedFill(mask: Tensor, value: number): Tensor {
    return wrap(invoke(MASKED_FILL_SCALAR, this.handle, mask?.handle, value));
}

/** aten::isfinite(Tensor self) -> Tensor */
isfinite(): Tensor {
    return wrap(invoke(ISFINITE, this.handle));
}

/** aten::isnan(Tensor self) -> Tensor */
isnan(): Tensor {
    return wrap(invoke(ISNAN, this.handle));
}

/** aten::equal(Tensor self, Tensor other) -> bool */
equal(other: Tensor): boolean {
    return invoke(EQUAL, this.handle, other?.handle) as boolean;
}

/**
 * aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor
 * or
 * aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
 */
sum(options?: { dtype?: DType | null }): Tensor;
sum(dim: number | readonly number[] | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
sum(a0?: unknown, a1?: unknown): Tensor {
if (isOptions(a0)) {
const { dtype } = known("sum", (a0 ?? {}) as { dtype?: DType | null }, ["dtype"]);
    
return wrap(invoke(SUM, this.handle, dtype));
}
const dim = a0 as number | readonly number[] | null;
const { keepdim, dtype } = known("sum", (a1 ?? {}) as { keepdim?: boolean; dtype?: DType | null }, ["keepdim","dtype"]);
    
return wrap(invoke(SUM_DIM_INTLIST, this.handle, dim, keepdim, dtype));
}

/**
 * aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor
 * or
 * aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
 */
mean(options?: { dtype?: DType | null }): Tensor;
mean(dim: number | readonly number[] | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
mean(a0?: unknown, a1?: unknown): Tensor {
if (isOptions(a0)) {
const { dtype } = known("mean", (a0 ?? {}) as { dtype?: DType | null }, ["dtype"]);
    
return wrap(invoke(MEAN, this.handle, dtype));
}
const dim = a0 as number | readonly number[] | null;
const { keepdim, dtype } = known("mean", (a1 ?? {}) as { keepdim?: boolean; dtype?: DType | null }, ["keepdim","dtype"]);
    
return wrap(invoke(MEAN_DIM, this.handle, dim, keepdim, dtype));
}

/** aten::var.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor */
var(dim: number | readonly number[] | null, options: { correction?: number | null; keepdim?: boolean } = {}): Tensor {
    const { correction, keepdim } = known("var", options, ["correction","keepdim"]);
    return wrap(invoke(VAR_CORRECTION, this.handle, dim, correction, keepdim));
}

/**
 * aten::max(Tensor self) -> Tensor
 * or
 * aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)
 */
max(): Tensor;
max(dim: number, options?: { keepdim?: boolean }): [Tensor, Tensor];
max(a0?: unknown, a1?: unknown): Tensor | [Tensor, Tensor] {
if (a0 === undefined) {
return wrap(invoke(MAX, this.handle));
}
const dim = a0 as number;
const { keepdim } = known("max", (a1 ?? {}) as { keepdim?: boolean }, ["keepdim"]);
    
return wrapTuple(invoke(MAX_DIM, this.handle, dim, keepdim));
}

/**
 * aten::min(Tensor self) -> Tensor
 * or
 * aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)
 */
min(): Tensor;
min(dim: number, options?: { keepdim?: boolean }): [Tensor, Tensor];
min(a0?: unknown, a1?: unknown): Tensor | [Tensor, Tensor] {
if (a0 === undefined) {
return wrap(invoke(MIN, this.handle));
}
const dim = a0 as number;
const { keepdim } = known("min", (a1 ?? {}) as { keepdim?: boolean }, ["keepdim"]);
    
return wrapTuple(invoke(MIN_DIM, this.handle, dim, keepdim));
}

/** aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor */
amax(options: { dim?: number | readonly number[]; keepdim?: boolean } = {}): Tensor {
    const { dim, keepdim } = known("amax", options, ["dim","keepdim"]);
    return wrap(invoke(AMAX, this.handle, dim, keepdim));
}

/** aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor */
amin(options: { dim?: number | readonly number[]; keepdim?: boolean } = {}): Tensor {
    const { dim, keepdim } = known("amin", options, ["dim","keepdim"]);
    return wrap(invoke(AMIN, this.handle, dim, keepdim));
}

/** aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor */
argmax(options: { dim?: number | null; keepdim?: boolean } = {}): Tensor {
    const { dim, keepdim } = known("argmax", options, ["dim","keepdim"]);
    return wrap(invoke(ARGMAX, this.handle, dim, keepdim));
}

/** aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor */
argmin(options: { dim?: number | null; keepdim?: boolean } = {}): Tensor {
    const { dim, keepdim } = known("argmin", options, ["dim","keepdim"]);
    return wrap(invoke(ARGMIN, this.handle, dim, keepdim));
}

/** aten::all(Tensor self) -> Tensor */
all(): Tensor {
    return wrap(invoke(ALL, this.handle));
}

/** aten::any(Tensor self) -> Tensor */
any(): Tensor {
    return wrap(invoke(ANY, this.handle));
}

/**
 * aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor
 * or
 * aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor
 */
norm(options?: { p?: number }): Tensor;
norm(p: number | null, dim: number | readonly number[], options?: { keepdim?: boolean }): Tensor;
norm(a0?: unknown, a1?: unknown, a2?: unknown): Tensor {
if (isOptions(a0)) {
const { p } = known("norm", (a0 ?? {}) as { p?: number }, ["p"]);
    
return wrap(invoke(NORM_SCALAR, this.handle, p));
}
const p = a0 as number | null;
const dim = a1 as number | readonly number[];
const { keepdim } = known("norm", (a2 ?? {}) as { keepdim?: boolean }, ["keepdim"]);
    
return wrap(invoke(NORM_SCALAROPT_DIM, this.handle, p, dim, keepdim));
}

/** aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor */
logsumexp(dim: number | readonly number[], options: { keepdim?: boolean } = {}): Tensor {
    const { keepdim } = known("logsumexp", options, ["keepdim"]);
    return wrap(invoke(LOGSUMEXP, this.handle, dim, keepdim));
}

/** aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor */
cumsum(dim: number, options: { dtype?: DType | null } = {}): Tensor {
    const { dtype } = known("cumsum", options, ["dtype"]);
    return wrap(invoke(CUMSUM, this.handle, dim, dtype));
}

/** aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices) */
topk(k: number, options: { dim?: number; largest?: boolean; sorted?: boolean } = {}): [Tensor, Tensor] {
    const { dim, largest, sorted } = known("topk", options, ["dim","largest","sorted"]);
    return wrapTuple(invoke(TOPK, this.handle, k, dim, largest, sorted));
}

/** aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices) */
sort(options: { dim?: number; descending?: boolean } = {}): [Tensor, Tensor] {
    const { dim, descending } = known("sort", options, ["dim","descending"]);
    return wrapTuple(invoke(SORT, this.handle, dim, descending));
}

/** aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor */
argsort(options: { dim?: number; descending?: boolean } = {}): Tensor {
    const { dim, descending } = known("argsort", options, ["dim","descending"]);
    return wrap(invoke(ARGSORT, this.handle, dim, descending));
}

/** aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor */
bincount(options: { weights?: Tensor | null; minlength?: number } = {}): Tensor {
    const { weights, minlength } = known("bincount", options, ["weights","minlength"]);
    return wrap(invoke(BINCOUNT, this.handle, weights?.handle, minlength));
}

/** aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a) */
reshape(shape: readonly number[]): Tensor {
    return wrap(invoke(RESHAPE, this.handle, shape));
}

/** aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a) */
view(size: readonly number[]): Tensor {
    return wrap(invoke(VIEW, this.handle, size));
}

/** aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a) */
transpose(dim0: number, dim1: number): Tensor {
    return wrap(invoke(TRANSPOSE_INT, this.handle, dim0, dim1));
}

/** aten::permute(Tensor(a) self, int[] dims) -> Tensor(a) */
permute(dims: readonly number[]): Tensor {
    return wrap(invoke(PERMUTE, this.handle, dims));
}

/** aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a) */
unsqueeze(dim: number): Tensor {
    return wrap(invoke(UNSQUEEZE, this.handle, dim));
}

/** aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a) */
squeeze(dim: number): Tensor {
    return wrap(invoke(SQUEEZE_DIM, this.handle, dim));
}

/** aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a) */
expand(size: readonly number[], options: { implicit?: boolean } = {}): Tensor {
    const { implicit } = known("expand", options, ["implicit"]);
    return wrap(invoke(EXPAND, this.handle, size, implicit));
}

/** aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a) */
flatten(options: { startDim?: number; endDim?: number } = {}): Tensor {
    const { startDim, endDim } = known("flatten", options, ["startDim","endDim"]);
    return wrap(invoke(FLATTEN_USING_INTS, this.handle, startDim, endDim));
}

/** aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a) */
select(dim: number, index: number): Tensor {
    return wrap(invoke(SELECT_INT, this.handle, dim, index));
}

/** aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a) */
slice(options: { dim?: number; start?: number | null; end?: number | null; step?: number } = {}): Tensor {
    const { dim, start, end, step } = known("slice", options, ["dim","start","end","step"]);
    return wrap(invoke(SLICE_TENSOR, this.handle, dim, start, end, step));
}

/** aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a) */
narrow(dim: number, start: number, length: number): Tensor {
    return wrap(invoke(NARROW, this.handle, dim, start, length));
}

/** aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[] */
chunk(chunks: number, options: { dim?: number } = {}): Tensor[] {
    const { dim } = known("chunk", options, ["dim"]);
    return wrapAll(invoke(CHUNK, this.handle, chunks, dim));
}

/** aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[] */
split(splitSize: number, options: { dim?: number } = {}): Tensor[] {
    const { dim } = known("split", options, ["dim"]);
    return wrapAll(invoke(SPLIT_TENSOR, this.handle, splitSize, dim));
}

/** aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[] */
unbind(options: { dim?: number } = {}): Tensor[] {
    const { dim } = known("unbind", options, ["dim"]);
    return wrapAll(invoke(UNBIND_INT, this.handle, dim));
}

/** aten::flip(Tensor self, int[] dims) -> Tensor */
flip(dims: readonly number[]): Tensor {
    return wrap(invoke(FLIP, this.handle, dims));
}

/** aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor */
roll(shifts: number | readonly number[], options: { dims?: number | readonly number[] } = {}): Tensor {
    const { dims } = known("roll", options, ["dims"]);
    return wrap(invoke(ROLL, this.handle, shifts, dims));
}

/** aten::repeat(Tensor self, SymInt[] repeats) -> Tensor */
repeat(repeats: readonly number[]): Tensor {
    return wrap(invoke(REPEAT, this.handle, repeats));
}

/** aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor */
repeatInterleave(repeats: number, options: { dim?: number | null; outputSize?: number | null } = {}): Tensor {
    const { dim, outputSize } = known("repeat_interleave", options, ["dim","outputSize"]);
    return wrap(invoke(REPEAT_INTERLEAVE_SELF_INT, this.handle, repeats, dim, outputSize));
}

/** aten::tril(Tensor self, int diagonal=0) -> Tensor */
tril(options: { diagonal?: number } = {}): Tensor {
    const { diagonal } = known("tril", options, ["diagonal"]);
    return wrap(invoke(TRIL, this.handle, diagonal));
}

/** aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a) */
diagonal(options: { offset?: number; dim1?: number; dim2?: number } = {}): Tensor {
    const { offset, dim1, dim2 } = known("diagonal", options, ["offset","dim1","dim2"]);
    return wrap(invoke(DIAGONAL, this.handle, offset, dim1, dim2));
}

/** aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a) */
contiguous(options: { memoryFormat?: MemoryFormat } = {}): Tensor {
    const { memoryFormat } = known("contiguous", options, ["memoryFormat"]);
    return wrap(invoke(CONTIGUOUS, this.handle, memoryFormat));
}

/** aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor */
clone(options: { memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { memoryFormat } = known("clone", options, ["memoryFormat"]);
    return wrap(invoke(CLONE, this.handle, memoryFormat));
}

/** aten::detach(Tensor(a) self) -> Tensor(a) */
detach(): Tensor {
    return wrap(invoke(DETACH, this.handle));
}

/** aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a) */
to(options: { dtype?: DType | null; device?: Device | null; nonBlocking?: boolean; copy?: boolean; memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { dtype, device, nonBlocking, copy, memoryFormat } = known("to", options, ["dtype","device","nonBlocking","copy","memoryFormat"]);
    return wrap(invoke(TO_DTYPE_LAYOUT, this.handle, dtype, device, nonBlocking, copy, memoryFormat));
}

/** aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!) */
copy_(src: Tensor, options: { nonBlocking?: boolean } = {}): this {
    const { nonBlocking } = known("copy_", options, ["nonBlocking"]);
    invoke(COPY_, this.handle, src?.handle, nonBlocking);
    return this;
}

/** aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!) */
fill_(value: number): this {
    invoke(FILL__SCALAR, this.handle, value);
    return this;
}

/** aten::zero_(Tensor(a!) self) -> Tensor(a!) */
zero_(): this {
    invoke(ZERO_, this.handle);
    return this;
}

/** aten::index_select(Tensor self, int dim, Tensor index) -> Tensor */
indexSelect(dim: number, index: Tensor): Tensor {
    return wrap(invoke(INDEX_SELECT, this.handle, dim, index?.handle));
}

/** aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor */
gather(dim: number, index: Tensor, options: { sparseGrad?: boolean } = {}): Tensor {
    const { sparseGrad } = known("gather", options, ["sparseGrad"]);
    return wrap(invoke(GATHER, this.handle, dim, index?.handle, sparseGrad));
}

/**
 * aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor
 * or
 * aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor
 */
scatter(dim: number, index: Tensor, src: Tensor): Tensor;
scatter(dim: number, index: Tensor, value: number): Tensor;
scatter(a0?: unknown, a1?: unknown, a2?: unknown): Tensor {
if (typeof a0 === "number" && a1 instanceof TensorOperators && a2 instanceof TensorOperators) {
const dim = a0 as number;
const index = a1 as Tensor;
const src = a2 as Tensor;
return wrap(invoke(SCATTER_SRC, this.handle, dim, index?.handle, src?.handle));
}
const dim = a0 as number;
const index = a1 as Tensor;
const value = a2 as number;
return wrap(invoke(SCATTER_VALUE, this.handle, dim, index?.handle, value));
}

/** aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor */
index(indices: readonly (Tensor | null)[]): Tensor {
    return wrap(invoke(INDEX_TENSOR, this.handle, handlesOf(indices)));
}

/** aten::one_hot(Tensor self, int num_classes=-1) -> Tensor */
oneHot(options: { numClasses?: number } = {}): Tensor {
    const { numClasses } = known("one_hot", options, ["numClasses"]);
    return wrap(invoke(ONE_HOT, this.handle, numClasses));
}

/** aten::matmul(Tensor self, Tensor other) -> Tensor */
matmul(other: Tensor): Tensor {
    return wrap(invoke(MATMUL, this.handle, other?.handle));
}

/** aten::mm(Tensor self, Tensor mat2) -> Tensor */
mm(mat2: Tensor): Tensor {
    return wrap(invoke(MM, this.handle, mat2?.handle));
}

/** aten::bmm(Tensor self, Tensor mat2) -> Tensor */
bmm(mat2: Tensor): Tensor {
    return wrap(invoke(BMM, this.handle, mat2?.handle));
}

/** aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor */
addmm(mat1: Tensor, mat2: Tensor, options: { beta?: number; alpha?: number } = {}): Tensor {
    const { beta, alpha } = known("addmm", options, ["beta","alpha"]);
    return wrap(invoke(ADDMM, this.handle, mat1?.handle, mat2?.handle, beta, alpha));
}

/** aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor */
baddbmm(batch1: Tensor, batch2: Tensor, options: { beta?: number; alpha?: number } = {}): Tensor {
    const { beta, alpha } = known("baddbmm", options, ["beta","alpha"]);
    return wrap(invoke(BADDBMM, this.handle, batch1?.handle, batch2?.handle, beta, alpha));
}

/** aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor */
avgPool2d(kernelSize: number | readonly number[], options: { stride?: number | readonly number[]; padding?: number | readonly number[]; ceilMode?: boolean; countIncludePad?: boolean; divisorOverride?: number | null } = {}): Tensor {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = known("avg_pool2d", options, ["stride","padding","ceilMode","countIncludePad","divisorOverride"]);
    return wrap(invoke(AVG_POOL2D, this.handle, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride));
}

/** aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor */
adaptiveAvgPool2d(outputSize: number | readonly number[]): Tensor {
    return wrap(invoke(ADAPTIVE_AVG_POOL2D, this.handle, outputSize));
}

/** aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor */
maxPool2d(kernelSize: number | readonly number[], options: { stride?: number | readonly number[]; padding?: number | readonly number[]; dilation?: number | readonly number[]; ceilMode?: boolean } = {}): Tensor {
    const { stride, padding, dilation, ceilMode } = known("max_pool2d", options, ["stride","padding","dilation","ceilMode"]);
    return wrap(invoke(MAX_POOL2D, this.handle, kernelSize, stride, padding, dilation, ceilMode));
}

/** aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor */
constantPadNd(pad: readonly number[], options: { value?: number } = {}): Tensor {
    const { value } = known("constant_pad_nd", options, ["value"]);
    return wrap(invoke(CONSTANT_PAD_ND, this.handle, pad, value));
}

/** aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor */
pixelShuffle(upscaleFactor: number): Tensor {
    return wrap(invoke(PIXEL_SHUFFLE, this.handle, upscaleFactor));
}

/** aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor */
im2col(kernelSize: number | readonly number[], dilation: number | readonly number[], padding: number | readonly number[], stride: number | readonly number[]): Tensor {
    return wrap(invoke(IM2COL, this.handle, kernelSize, dilation, padding, stride));
}

/** aten::relu(Tensor self) -> Tensor */
relu(): Tensor {
    return wrap(invoke(RELU, this.handle));
}

/** aten::relu_(Tensor(a!) self) -> Tensor(a!) */
relu_(): this {
    invoke(RELU_, this.handle);
    return this;
}

/** aten::gelu(Tensor self, *, str approximate="none") -> Tensor */
gelu(options: { approximate?: string } = {}): Tensor {
    const { approximate } = known("gelu", options, ["approximate"]);
    return wrap(invoke(GELU, this.handle, approximate));
}

/** aten::silu(Tensor self) -> Tensor */
silu(): Tensor {
    return wrap(invoke(SILU, this.handle));
}

/** aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor */
hardtanh(options: { minVal?: number; maxVal?: number } = {}): Tensor {
    const { minVal, maxVal } = known("hardtanh", options, ["minVal","maxVal"]);
    return wrap(invoke(HARDTANH, this.handle, minVal, maxVal));
}

/** aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor */
softmax(dim: number, options: { dtype?: DType | null } = {}): Tensor {
    const { dtype } = known("softmax", options, ["dtype"]);
    return wrap(invoke(SOFTMAX_INT, this.handle, dim, dtype));
}

/** aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor */
logSoftmax(dim: number, options: { dtype?: DType | null } = {}): Tensor {
    const { dtype } = known("log_softmax", options, ["dtype"]);
    return wrap(invoke(LOG_SOFTMAX_INT, this.handle, dim, dtype));
}

/** aten::nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> Tensor */
nllLossNd(target: Tensor, options: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number } = {}): Tensor {
    const { weight, reduction, ignoreIndex } = known("nll_loss_nd", options, ["weight","reduction","ignoreIndex"]);
    return wrap(invoke(NLL_LOSS_ND, this.handle, target?.handle, weight?.handle, reduction, ignoreIndex));
}

/** aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100, float label_smoothing=0.) -> Tensor */
crossEntropyLoss(target: Tensor, options: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number; labelSmoothing?: number } = {}): Tensor {
    const { weight, reduction, ignoreIndex, labelSmoothing } = known("cross_entropy_loss", options, ["weight","reduction","ignoreIndex","labelSmoothing"]);
    return wrap(invoke(CROSS_ENTROPY_LOSS, this.handle, target?.handle, weight?.handle, reduction, ignoreIndex, labelSmoothing));
}

/** aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor */
klDiv(target: Tensor, options: { reduction?: number; logTarget?: boolean } = {}): Tensor {
    const { reduction, logTarget } = known("kl_div", options, ["reduction","logTarget"]);
    return wrap(invoke(KL_DIV, this.handle, target?.handle, reduction, logTarget));
}

/** aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor */
mseLoss(target: Tensor, options: { reduction?: number } = {}): Tensor {
    const { reduction } = known("mse_loss", options, ["reduction"]);
    return wrap(invoke(MSE_LOSS, this.handle, target?.handle, reduction));
}

/** aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor */
smoothL1Loss(target: Tensor, options: { reduction?: number; beta?: number } = {}): Tensor {
    const { reduction, beta } = known("smooth_l1_loss", options, ["reduction","beta"]);
    return wrap(invoke(SMOOTH_L1_LOSS, this.handle, target?.handle, reduction, beta));
}

/** aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!) */
uniform_(options: { from?: number; to?: number; generator?: Generator | null } = {}): this {
    const { from, to, generator } = known("uniform_", options, ["from","to","generator"]);
    invoke(UNIFORM_, this.handle, from, to, generator?.stream);
    return this;
}

/** aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!) */
normal_(options: { mean?: number; std?: number; generator?: Generator | null } = {}): this {
    const { mean, std, generator } = known("normal_", options, ["mean","std","generator"]);
    invoke(NORMAL_, this.handle, mean, std, generator?.stream);
    return this;
}

/** aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!) */
bernoulli_(options: { p?: number; generator?: Generator | null } = {}): this {
    const { p, generator } = known("bernoulli_", options, ["p","generator"]);
    invoke(BERNOULLI__FLOAT, this.handle, p, generator?.stream);
    return this;
}

/** aten::multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor */
multinomial(numSamples: number, options: { replacement?: boolean; generator?: Generator | null } = {}): Tensor {
    const { replacement, generator } = known("multinomial", options, ["replacement","generator"]);
    return wrap(invoke(MULTINOMIAL, this.handle, numSamples, replacement, generator?.stream));
}

/** aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
zerosLike(options: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { dtype, device, memoryFormat } = known("zeros_like", options, ["dtype","device","memoryFormat"]);
    return wrap(invoke(ZEROS_LIKE, this.handle, dtype, device, memoryFormat));
}

/** aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
onesLike(options: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { dtype, device, memoryFormat } = known("ones_like", options, ["dtype","device","memoryFormat"]);
    return wrap(invoke(ONES_LIKE, this.handle, dtype, device, memoryFormat));
}

/** aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
emptyLike(options: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { dtype, device, memoryFormat } = known("empty_like", options, ["dtype","device","memoryFormat"]);
    return wrap(invoke(EMPTY_LIKE, this.handle, dtype, device, memoryFormat));
}
}

/** aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor */
export function where(condition: Tensor, self: Tensor, other: Tensor): Tensor {
    return wrap(invoke(WHERE_SELF, condition?.handle, self?.handle, other?.handle));
}

/** aten::cat(Tensor[] tensors, int dim=0) -> Tensor */
export function cat(tensors: readonly Tensor[], options: { dim?: number } = {}): Tensor {
    const { dim } = known("cat", options, ["dim"]);
    return wrap(invoke(CAT, handlesOf(tensors), dim));
}

/** aten::stack(Tensor[] tensors, int dim=0) -> Tensor */
export function stack(tensors: readonly Tensor[], options: { dim?: number } = {}): Tensor {
    const { dim } = known("stack", options, ["dim"]);
    return wrap(invoke(STACK, handlesOf(tensors), dim));
}

/** aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor */
export function embedding(weight: Tensor, indices: Tensor, options: { paddingIdx?: number; scaleGradByFreq?: boolean; sparse?: boolean } = {}): Tensor {
    const { paddingIdx, scaleGradByFreq, sparse } = known("embedding", options, ["paddingIdx","scaleGradByFreq","sparse"]);
    return wrap(invoke(EMBEDDING, weight?.handle, indices?.handle, paddingIdx, scaleGradByFreq, sparse));
}

/** aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor */
export function einsum(equation: string, tensors: readonly Tensor[], options: { path?: readonly number[] | null } = {}): Tensor {
    const { path } = known("einsum", options, ["path"]);
    return wrap(invoke(EINSUM, equation, handlesOf(tensors), path));
}

/** aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor */
export function linear(input: Tensor, weight: Tensor, options: { bias?: Tensor | null } = {}): Tensor {
    const { bias } = known("linear", options, ["bias"]);
    return wrap(invoke(LINEAR, input?.handle, weight?.handle, bias?.handle));
}

/** aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor */
export function conv2d(input: Tensor, weight: Tensor, options: { bias?: Tensor | null; stride?: number | readonly number[]; padding?: number | readonly number[]; dilation?: number | readonly number[]; groups?: number } = {}): Tensor {
    const { bias, stride, padding, dilation, groups } = known("conv2d", options, ["bias","stride","padding","dilation","groups"]);
    return wrap(invoke(CONV2D, input?.handle, weight?.handle, bias?.handle, stride, padding, dilation, groups));
}

/** aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], options: { weight?: Tensor | null; bias?: Tensor | null; eps?: number } = {}): Tensor {
    const { weight, bias, eps } = known("layer_norm", options, ["weight","bias","eps"]);
    return wrap(invoke(LAYER_NORM, input?.handle, normalizedShape, weight?.handle, bias?.handle, eps));
}

/** aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor */
export function batchNorm(input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor | null, runningVar: Tensor | null, training: boolean, momentum: number, eps: number): Tensor {
    return wrap(invoke(BATCH_NORM, input?.handle, weight?.handle, bias?.handle, runningMean?.handle, runningVar?.handle, training, momentum, eps, true));
}

/** aten::upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
export function upsampleBicubic2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor {
    return wrap(invoke(UPSAMPLE_BICUBIC2D_VEC, input?.handle, outputSize, alignCorners, scaleFactors));
}

/** aten::upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
export function upsampleBilinear2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor {
    return wrap(invoke(UPSAMPLE_BILINEAR2D_VEC, input?.handle, outputSize, alignCorners, scaleFactors));
}

/** aten::_upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
export function _upsampleBicubic2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor {
    return wrap(invoke(_UPSAMPLE_BICUBIC2D_AA_VEC, input?.handle, outputSize, alignCorners, scaleFactors));
}

/** aten::_upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
export function _upsampleBilinear2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor {
    return wrap(invoke(_UPSAMPLE_BILINEAR2D_AA_VEC, input?.handle, outputSize, alignCorners, scaleFactors));
}

/** aten::dropout(Tensor input, float p, bool train) -> Tensor */
export function dropout(input: Tensor, p: number, train: boolean): Tensor {
    return wrap(invoke(DROPOUT, input?.handle, p, train));
}

/** aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options: { dim?: number; eps?: number } = {}): Tensor {
    const { dim, eps } = known("cosine_similarity", options, ["dim","eps"]);
    return wrap(invoke(COSINE_SIMILARITY, x1?.handle, x2?.handle, dim, eps));
}

/** aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None) -> Tensor (libtorch 2.1 or newer) */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, options: { attnMask?: Tensor | null; dropoutP?: number; isCausal?: boolean; scale?: number | null } = {}): Tensor {
    const { attnMask, dropoutP, isCausal, scale } = known("scaled_dot_product_attention", options, ["attnMask","dropoutP","isCausal","scale"]);
    return wrap(invoke(SCALED_DOT_PRODUCT_ATTENTION, query?.handle, key?.handle, value?.handle, attnMask?.handle, dropoutP, isCausal, scale));
}

/** aten::randperm.generator(int n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function randperm(n: number, options: { generator?: Generator | null; dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { generator, dtype, device } = known("randperm", options, ["generator","dtype","device"]);
    return wrap(invoke(RANDPERM_GENERATOR, n, generator?.stream, dtype, device));
}

/** aten::randint.low_generator(int low, int high, int[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function randint(low: number, high: number, size: readonly number[], options: { generator?: Generator | null; dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { generator, dtype, device } = known("randint", options, ["generator","dtype","device"]);
    return wrap(invoke(RANDINT_LOW_GENERATOR, low, high, size, generator?.stream, dtype, device));
}

/** aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
export function empty(size: readonly number[], options: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null } = {}): Tensor {
    const { dtype, device, memoryFormat } = known("empty", options, ["dtype","device","memoryFormat"]);
    return wrap(invoke(EMPTY_MEMORY_FORMAT, size, dtype, device, memoryFormat));
}

/** aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function zeros(size: readonly number[], options: { dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { dtype, device } = known("zeros", options, ["dtype","device"]);
    return wrap(invoke(ZEROS, size, dtype, device));
}

/** aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function ones(size: readonly number[], options: { dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { dtype, device } = known("ones", options, ["dtype","device"]);
    return wrap(invoke(ONES, size, dtype, device));
}

/** aten::full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function full(size: readonly number[], fillValue: number, options: { dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { dtype, device } = known("full", options, ["dtype","device"]);
    return wrap(invoke(FULL, size, fillValue, dtype, device));
}

/** aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function arange(start: number, end: number, options: { step?: number; dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { step, dtype, device } = known("arange", options, ["step","dtype","device"]);
    return wrap(invoke(ARANGE_START_STEP, start, end, step, dtype, device));
}

/** aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function linspace(start: number, end: number, steps: number, options: { dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { dtype, device } = known("linspace", options, ["dtype","device"]);
    return wrap(invoke(LINSPACE, start, end, steps, dtype, device));
}

/** aten::eye(int n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
export function eye(n: number, options: { dtype?: DType | null; device?: Device | null } = {}): Tensor {
    const { dtype, device } = known("eye", options, ["dtype","device"]);
    return wrap(invoke(EYE, n, dtype, device));
}

/**
 * aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()
 * or
 * aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()
 */
export function _foreachAdd_(self: readonly Tensor[], scalar: number): void;
export function _foreachAdd_(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: number }): void;
export function _foreachAdd_(a0?: unknown, a1?: unknown, a2?: unknown): void {
if (Array.isArray(a0) && typeof a1 === "number") {
const self = a0 as readonly Tensor[];
const scalar = a1 as number;
invoke(_FOREACH_ADD__SCALAR, handlesOf(self), scalar);
return;
}
const self = a0 as readonly Tensor[];
const other = a1 as readonly Tensor[];
const { alpha } = known("_foreach_add_", (a2 ?? {}) as { alpha?: number }, ["alpha"]);
    
invoke(_FOREACH_ADD__LIST, handlesOf(self), handlesOf(other), alpha);
}

/**
 * aten::_foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()
 * or
 * aten::_foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> ()
 */
export function _foreachMul_(self: readonly Tensor[], scalar: number): void;
export function _foreachMul_(self: readonly Tensor[], other: readonly Tensor[]): void;
export function _foreachMul_(a0?: unknown, a1?: unknown): void {
if (Array.isArray(a0) && typeof a1 === "number") {
const self = a0 as readonly Tensor[];
const scalar = a1 as number;
invoke(_FOREACH_MUL__SCALAR, handlesOf(self), scalar);
return;
}
const self = a0 as readonly Tensor[];
const other = a1 as readonly Tensor[];
invoke(_FOREACH_MUL__LIST, handlesOf(self), handlesOf(other));
}

/**
 * aten::_foreach_div_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()
 * or
 * aten::_foreach_div_.List(Tensor(a!)[] self, Tensor[] other) -> ()
 */
export function _foreachDiv_(self: readonly Tensor[], scalar: number): void;
export function _foreachDiv_(self: readonly Tensor[], other: readonly Tensor[]): void;
export function _foreachDiv_(a0?: unknown, a1?: unknown): void {
if (Array.isArray(a0) && typeof a1 === "number") {
const self = a0 as readonly Tensor[];
const scalar = a1 as number;
invoke(_FOREACH_DIV__SCALAR, handlesOf(self), scalar);
return;
}
const self = a0 as readonly Tensor[];
const other = a1 as readonly Tensor[];
invoke(_FOREACH_DIV__LIST, handlesOf(self), handlesOf(other));
}

/** aten::_foreach_div.List(Tensor[] self, Tensor[] other) -> Tensor[] */
export function _foreachDiv(self: readonly Tensor[], other: readonly Tensor[]): Tensor[] {
    return wrapAll(invoke(_FOREACH_DIV_LIST, handlesOf(self), handlesOf(other)));
}

/** aten::_foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> () */
export function _foreachAddcmul_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options: { value?: number } = {}): void {
    const { value } = known("_foreach_addcmul_", options, ["value"]);
    invoke(_FOREACH_ADDCMUL__SCALAR, handlesOf(self), handlesOf(tensor1), handlesOf(tensor2), value);
}

/** aten::_foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> () */
export function _foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options: { value?: number } = {}): void {
    const { value } = known("_foreach_addcdiv_", options, ["value"]);
    invoke(_FOREACH_ADDCDIV__SCALAR, handlesOf(self), handlesOf(tensor1), handlesOf(tensor2), value);
}

/** aten::_foreach_sqrt(Tensor[] self) -> Tensor[] */
export function _foreachSqrt(self: readonly Tensor[]): Tensor[] {
    return wrapAll(invoke(_FOREACH_SQRT, handlesOf(self)));
}

/** aten::_foreach_neg_(Tensor(a!)[] self) -> () */
export function _foreachNeg_(self: readonly Tensor[]): void {
    invoke(_FOREACH_NEG_, handlesOf(self));
}

/** aten::_foreach_zero_(Tensor(a!)[] self) -> () */
export function _foreachZero_(self: readonly Tensor[]): void {
    invoke(_FOREACH_ZERO_, handlesOf(self));
}

/** aten::_foreach_norm.Scalar(Tensor[] self, Scalar ord=2) -> Tensor[] */
export function _foreachNorm(self: readonly Tensor[], options: { ord?: number } = {}): Tensor[] {
    const { ord } = known("_foreach_norm", options, ["ord"]);
    return wrapAll(invoke(_FOREACH_NORM_SCALAR, handlesOf(self), ord));
}

/** aten::_foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[] */
export function _foreachMul(self: readonly Tensor[], scalar: number): Tensor[] {
    return wrapAll(invoke(_FOREACH_MUL_SCALAR, handlesOf(self), scalar));
}

/**
 * aten::_foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]
 * or
 * aten::_foreach_add.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]
 */
export function _foreachAdd(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: number }): Tensor[];
export function _foreachAdd(self: readonly Tensor[], scalar: number): Tensor[];
export function _foreachAdd(a0?: unknown, a1?: unknown, a2?: unknown): Tensor[] {
if (Array.isArray(a0) && Array.isArray(a1)) {
const self = a0 as readonly Tensor[];
const other = a1 as readonly Tensor[];
const { alpha } = known("_foreach_add", (a2 ?? {}) as { alpha?: number }, ["alpha"]);
    
return wrapAll(invoke(_FOREACH_ADD_LIST, handlesOf(self), handlesOf(other), alpha));
}
const self = a0 as readonly Tensor[];
const scalar = a1 as number;
return wrapAll(invoke(_FOREACH_ADD_SCALAR, handlesOf(self), scalar));
}

/** vit_distill::involution(Tensor input, Tensor weight, int stride=1, int padding=0) -> Tensor */
export function involution(input: Tensor, weight: Tensor, options: { stride?: number; padding?: number } = {}): Tensor {
    const { stride, padding } = known("involution", options, ["stride","padding"]);
    return wrap(invoke(VIT_DISTILL_INVOLUTION, input?.handle, weight?.handle, stride, padding));
}

/** vit_distill::talking_heads(Tensor qkv, Tensor before, Tensor before_bias, Tensor after, Tensor after_bias, *, bool portable=False) -> Tensor */
export function talkingHeads(qkv: Tensor, before: Tensor, beforeBias: Tensor, after: Tensor, afterBias: Tensor, options: { portable?: boolean } = {}): Tensor {
    const { portable } = known("talking_heads", options, ["portable"]);
    return wrap(invoke(VIT_DISTILL_TALKING_HEADS, qkv?.handle, before?.handle, beforeBias?.handle, after?.handle, afterBias?.handle, portable));
}

/** vit_distill::self_attention(Tensor qkv, int heads, *, bool portable=False) -> Tensor */
export function selfAttention(qkv: Tensor, heads: number, options: { portable?: boolean } = {}): Tensor {
    const { portable } = known("self_attention", options, ["portable"]);
    return wrap(invoke(VIT_DISTILL_SELF_ATTENTION, qkv?.handle, heads, portable));
}

/** vit_distill::encoder_block(Tensor x, int heads, Tensor[] norms, Tensor[] weights, Tensor?[] biases, Tensor[] exchange, Tensor[] scales, *, Tensor? kept=None, float eps=9.9999999999999995e-07, bool portable=False) -> Tensor */
export function encoderBlock(x: Tensor, heads: number, norms: readonly Tensor[], weights: readonly Tensor[], biases: readonly (Tensor | null)[], exchange: readonly Tensor[], scales: readonly Tensor[], options: { kept?: Tensor | null; eps?: number; portable?: boolean } = {}): Tensor {
    const { kept, eps, portable } = known("encoder_block", options, ["kept","eps","portable"]);
    return wrap(invoke(VIT_DISTILL_ENCODER_BLOCK, x?.handle, heads, handlesOf(norms), handlesOf(weights), handlesOf(biases), handlesOf(exchange), handlesOf(scales), kept?.handle, eps, portable));
}

/** vit_distill::gram_gap(Tensor student, Tensor teacher) -> (Tensor, Tensor) */
export function gramGap(student: Tensor, teacher: Tensor): [Tensor, Tensor] {
    return wrapTuple(invoke(VIT_DISTILL_GRAM_GAP, student?.handle, teacher?.handle));
}

/** vit_distill::with_gradient(Tensor features, Tensor value, Tensor gradient) -> Tensor */
export function withGradient(features: Tensor, value: Tensor, gradient: Tensor): Tensor {
    return wrap(invoke(VIT_DISTILL_WITH_GRADIENT, features?.handle, value?.handle, gradient?.handle));
}
