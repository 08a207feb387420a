#include "js.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <cmath>

namespace vit {

namespace {

constexpr std::pair<const char*, at::ScalarType> dtypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
    {"int64", at::kLong},    {"int32", at::kInt},      {"int16", at::kShort},  {"int8", at::kChar},
    {"uint8", at::kByte},    {"bool", at::kBool},
};

constexpr std::pair<const char*, at::MemoryFormat> memoryFormats[] = {
    {"contiguous", at::MemoryFormat::Contiguous},
    {"preserve", at::MemoryFormat::Preserve},
    {"channelsLast", at::MemoryFormat::ChannelsLast},
};

const char* typeName(napi_valuetype type) {
  switch (type) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "a boolean";
    case napi_number: return "a number";
    case napi_string: return "a string";
    case napi_function: return "a function";
    case napi_bigint: return "a bigint";
    default: return "an object";
  }
}

[[noreturn]] void mismatch(napi_env env, napi_value value, const std::string& what, const char* expected) {
  typeFault(what + " must be " + expected + ", got " + typeName(typeOf(env, value)));
}

// Of an exception that is of no class of its own, which most of libtorch's are: its words, as far as 1.13 and 2.15 agree on them. The first
// match counts.
constexpr std::pair<const char*, const char*> codes[] = {
    {"bad_alloc", "ERR_TORCH_MEMORY"},
    {"out of memory", "ERR_TORCH_MEMORY"},
    {"allocate memory", "ERR_TORCH_MEMORY"},
    {"enough memory", "ERR_TORCH_MEMORY"},
    {"same device", "ERR_TORCH_DEVICE"},
    {"device type", "ERR_TORCH_DEVICE"},
    {"device string", "ERR_TORCH_DEVICE"},
    {"CUDA", "ERR_TORCH_DEVICE"},
    {"backend", "ERR_TORCH_DEVICE"},
    {"dtype", "ERR_TORCH_DTYPE"},
    {"scalar type", "ERR_TORCH_DTYPE"},
    {"data type", "ERR_TORCH_DTYPE"},
    {"result type", "ERR_TORCH_DTYPE"},
    {"same type", "ERR_TORCH_DTYPE"},
    {"Input type (", "ERR_TORCH_DTYPE"},
    {"not implemented for '", "ERR_TORCH_DTYPE"},
    {"bool tensor", "ERR_TORCH_DTYPE"},
    {"ByteTensor", "ERR_TORCH_DTYPE"},
    {"index tensor", "ERR_TORCH_DTYPE"},
    {"requires grad", "ERR_TORCH_GRADIENT"},
    {"require grad", "ERR_TORCH_GRADIENT"},
    {"requires_grad", "ERR_TORCH_GRADIENT"},
    {"grad can be", "ERR_TORCH_GRADIENT"},
    {"through the graph", "ERR_TORCH_GRADIENT"},
    {"used in the graph", "ERR_TORCH_GRADIENT"},
    {"gradient computation", "ERR_TORCH_GRADIENT"},
    {"nference tensor", "ERR_TORCH_GRADIENT"},
    {"size", "ERR_TORCH_SHAPE"},
    {"shape", "ERR_TORCH_SHAPE"},
    {"imension", "ERR_TORCH_SHAPE"},
    {"dim ", "ERR_TORCH_SHAPE"},
    {"dims", "ERR_TORCH_SHAPE"},
    {"D tensor", "ERR_TORCH_SHAPE"},
    {"matrix", "ERR_TORCH_SHAPE"},
    {"elements", "ERR_TORCH_SHAPE"},
    {"out of range", "ERR_TORCH_SHAPE"},
    {"out of bounds", "ERR_TORCH_SHAPE"},
};

const char* codeOf(const std::exception& error, const std::string& message) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error)) return "ERR_TORCH_MEMORY";
  if (dynamic_cast<const c10::IndexError*>(&error)) return "ERR_TORCH_SHAPE";
  if (dynamic_cast<const c10::TypeError*>(&error)) return "ERR_TORCH_DTYPE";
  for (auto& [words, code] : codes)
    if (message.find(words) != std::string::npos) return code;
  return "ERR_TORCH";
}

// What libtorch says without its backtrace, its list of every backend and its advice to its own developers.
std::string wordsOf(const std::exception& error) {
  auto* torch = dynamic_cast<const c10::Error*>(&error);
  std::string message = torch ? torch->what_without_backtrace() : error.what();
  return message.substr(0, message.find(" This could be because the operator doesn't exist"));
}

Fault::Type typeFor(const std::string& code) {
  if (code == "ERR_TORCH_SHAPE") return Fault::Type::Range;
  return code == "ERR_TORCH_DTYPE" ? Fault::Type::Type : Fault::Type::Error;
}

}  // namespace

void typeFault(const std::string& message) { throw Fault(Fault::Type::Type, "ERR_TORCH_ARGUMENT", message); }

void raise(napi_env env, const std::exception& error, const std::string& doing) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return;
  auto* fault = dynamic_cast<const Fault*>(&error);
  std::string message = wordsOf(error);
  const char* code = fault ? fault->code : codeOf(error, message);
  Fault::Type type = fault ? fault->type : typeFor(code);
  if (!fault) message = doing + ": " + message;
  if (type == Fault::Type::Type) napi_throw_type_error(env, code, message.c_str());
  else if (type == Fault::Type::Range) napi_throw_range_error(env, code, message.c_str());
  else napi_throw_error(env, code, message.c_str());
}

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type));
  return type;
}

bool isNothing(napi_env env, napi_value value) {
  auto type = typeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

bool isArray(napi_env env, napi_value value) {
  bool result;
  check(napi_is_array(env, value, &result));
  return result;
}

uint32_t lengthOf(napi_env env, napi_value array) {
  uint32_t length;
  check(napi_get_array_length(env, array, &length));
  return length;
}

napi_value at(napi_env env, napi_value array, uint32_t index) {
  napi_value value;
  check(napi_get_element(env, array, index, &value));
  return value;
}

bool toBool(napi_env env, napi_value value, const std::string& what) {
  bool result;
  if (napi_get_value_bool(env, value, &result) != napi_ok) mismatch(env, value, what, "a boolean");
  return result;
}

double toDouble(napi_env env, napi_value value, const std::string& what) {
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok) mismatch(env, value, what, "a number");
  return result;
}

int64_t toInt(napi_env env, napi_value value, const std::string& what) {
  double result;
  if (napi_get_value_double(env, value, &result) == napi_ok) {
    // napi_get_value_int64 would turn NaN into 0 and 1.5 into 1
    if (!(std::floor(result) == result && std::abs(result) <= 9007199254740992.0))
      typeFault(c10::str(what, " must be a whole number, got ", result));
    return static_cast<int64_t>(result);
  }
  int64_t big;
  bool lossless;
  if (napi_get_value_bigint_int64(env, value, &big, &lossless) != napi_ok) mismatch(env, value, what, "a whole number");
  if (!lossless) typeFault(what + " does not fit in 64 bits");
  return big;
}

std::string toString(napi_env env, napi_value value, const std::string& what) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) mismatch(env, value, what, "a string");
  std::string text(length, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

std::vector<int64_t> toInts(napi_env env, napi_value value, const std::string& what) {
  if (!isArray(env, value)) mismatch(env, value, what, "an array of whole numbers");
  std::vector<int64_t> result(lengthOf(env, value));
  for (uint32_t i = 0; i < result.size(); ++i) result[i] = toInt(env, at(env, value, i), what);
  return result;
}

at::Scalar toScalar(napi_env env, napi_value value, const std::string& what) {
  double real;
  if (napi_get_value_double(env, value, &real) == napi_ok) {
    bool integral = std::floor(real) == real && std::abs(real) <= 9007199254740992.0 && !(real == 0 && std::signbit(real));
    return integral ? at::Scalar(static_cast<int64_t>(real)) : at::Scalar(real);
  }
  bool flag;
  if (napi_get_value_bool(env, value, &flag) == napi_ok) return at::Scalar(flag);
  int64_t big;
  bool lossless;
  if (napi_get_value_bigint_int64(env, value, &big, &lossless) == napi_ok && lossless) return at::Scalar(big);
  mismatch(env, value, what, "a number");
}

at::ScalarType toDType(napi_env env, napi_value value, const std::string& what) {
  std::string name = toString(env, value, what);
  std::string known;
  for (auto& [candidate, dtype] : dtypes) {
    if (name == candidate) return dtype;
    known += known.empty() ? candidate : std::string(", ") + candidate;
  }
  typeFault(what + ": unknown dtype \"" + name + "\"; known: " + known);
}

const char* dtypeName(at::ScalarType dtype) {
  for (auto& [name, candidate] : dtypes)
    if (dtype == candidate) return name;
  return c10::toString(dtype);
}

// libtorch says of a GPU that is not there something else in every version, and of some operators nothing that names it.
static void checkCuda(c10::Device device, const std::string& what) {
  if (!device.is_cuda()) return;
  const int count = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  VIT_CHECK_DEVICE(at::hasCUDA(), what, ": this libtorch is built without CUDA, so that there is no ", device, "; there is: cpu");
  VIT_CHECK_DEVICE(device.index() < count, what, ": there is no ", device, "; this libtorch sees ", count, " CUDA devices");
}

c10::Device toDevice(napi_env env, napi_value value, const std::string& what) {
  std::string name = toString(env, value, what);
  try {
    c10::Device device(name);
    checkCuda(device, what);
    return device;
  } catch (const c10::Error&) {
    throw Fault(Fault::Type::Error, "ERR_TORCH_DEVICE", what + ": unknown device \"" + name + "\"; for example: cpu, cuda, cuda:0");
  }
}

at::MemoryFormat toMemoryFormat(napi_env env, napi_value value, const std::string& what) {
  std::string name = toString(env, value, what);
  for (auto& [candidate, format] : memoryFormats)
    if (name == candidate) return format;
  typeFault(what + ": unknown memory format \"" + name + "\"; known: contiguous, preserve, channelsLast");
}

at::Tensor& toTensor(napi_env env, napi_value value, const std::string& what) {
  uint32_t handle;
  if (napi_get_value_uint32(env, value, &handle) != napi_ok) mismatch(env, value, what, "a tensor");
  at::Tensor* tensor = stateOf(env).tensors.get(handle);
  if (!tensor) throw Fault(Fault::Type::Error, "ERR_TORCH_FREED", what + " was freed already (by tidy, using or dispose)");
  return *tensor;
}

std::vector<at::Tensor> toTensors(napi_env env, napi_value value, const std::string& what) {
  if (!isArray(env, value)) mismatch(env, value, what, "an array of tensors");
  std::vector<at::Tensor> result;
  uint32_t length = lengthOf(env, value);
  result.reserve(length);
  for (uint32_t i = 0; i < length; ++i) result.push_back(toTensor(env, at(env, value, i), what));
  return result;
}

at::Generator& toGenerator(napi_env env, napi_value value, const std::string& what) {
  uint32_t handle;
  if (napi_get_value_uint32(env, value, &handle) != napi_ok) mismatch(env, value, what, "a generator");
  at::Generator* generator = stateOf(env).generators.get(handle);
  if (!generator) throw Fault(Fault::Type::Error, "ERR_TORCH_FREED", what + " was freed already");
  return *generator;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  check(napi_create_double(env, value, &result));
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result;
  check(napi_get_boolean(env, value, &result));
  return result;
}

napi_value string(napi_env env, const std::string& value) {
  napi_value result;
  check(napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value undefined(napi_env env) {
  napi_value result;
  check(napi_get_undefined(env, &result));
  return result;
}

napi_value array(napi_env env, const std::vector<napi_value>& values) {
  napi_value result;
  check(napi_create_array_with_length(env, values.size(), &result));
  for (uint32_t i = 0; i < values.size(); ++i) check(napi_set_element(env, result, i, values[i]));
  return result;
}

void set(napi_env env, napi_value object, const char* key, napi_value value) {
  check(napi_set_named_property(env, object, key, value));
}

napi_value handle(napi_env env, at::Tensor tensor) {
  napi_value result;
  uint32_t id = tensor.defined() ? stateOf(env).tensors.add(std::move(tensor)) : 0;
  check(napi_create_uint32(env, id, &result));
  return result;
}

}  // namespace vit
