// Tensors from and to JavaScript buffers, what they are, and when they end.
#include "tensor.h"

#include "script.h"

#include <cstring>
#include <unordered_set>

namespace vit {

namespace {

void buryTheDead(napi_env env, Graveyard& graveyard) {
  std::vector<napi_ref> dead;
  {
    std::lock_guard<std::mutex> guard(graveyard.lock);
    dead.swap(graveyard.dead);
  }
  for (napi_ref reference : dead) napi_delete_reference(env, reference);
}

struct Bytes {
  void* data;
  size_t length;
  napi_value buffer;
};

Bytes bytesOf(napi_env env, napi_value value) {
  bool typed;
  check(napi_is_typedarray(env, value, &typed));
  if (!typed) typeFault("tensor: the data must be a typed array");
  napi_typedarray_type type;
  size_t count, offset;
  Bytes bytes;
  check(napi_get_typedarray_info(env, value, &type, &count, &bytes.data, &bytes.buffer, &offset));
  static constexpr size_t width[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (static_cast<size_t>(type) >= sizeof(width) / sizeof(width[0])) typeFault("tensor: this kind of typed array is not supported");
  bytes.length = count * width[type];
  return bytes;
}

void checkLength(const std::vector<int64_t>& shape, at::ScalarType dtype, size_t length) {
  size_t expected = c10::elementSize(dtype);
  for (int64_t extent : shape) {
    if (extent < 0) typeFault("tensor: a shape has no negative extents");
    if (__builtin_mul_overflow(expected, static_cast<size_t>(extent), &expected)) typeFault("tensor: the shape is too large");
  }
  if (expected != length)
    throw Fault(Fault::Type::Range, "ERR_TORCH_SHAPE",
                "tensor: shape " + c10::str(at::IntArrayRef(shape)) + " of " + dtypeName(dtype) + " needs " +
                    std::to_string(expected) + " bytes, the data has " + std::to_string(length));
}

// The tensor reads the JavaScript memory itself; the buffer lives until libtorch lets go of it.
at::Tensor borrow(napi_env env, const Bytes& bytes, const std::vector<int64_t>& shape, at::TensorOptions options) {
  napi_ref reference;
  check(napi_create_reference(env, bytes.buffer, 1, &reference));
  std::shared_ptr<Graveyard> graveyard = stateOf(env).graveyard;
  auto release = [graveyard, reference](void*) {
    std::lock_guard<std::mutex> guard(graveyard->lock);
    graveyard->dead.push_back(reference);
  };
  return at::from_blob(bytes.data, shape, release, options);
}

}  // namespace

// fromBuffer(typedArray, dtype, shape, borrow)
napi_value fromBuffer(napi_env env, const Arguments& args) {
  buryTheDead(env, *stateOf(env).graveyard);
  Bytes bytes = bytesOf(env, args[0]);
  at::ScalarType dtype = toDType(env, args[1], "tensor: dtype");
  std::vector<int64_t> shape = toInts(env, args[2], "tensor: shape");
  checkLength(shape, dtype, bytes.length);
  auto options = at::TensorOptions().dtype(dtype);
  bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % c10::elementSize(dtype) == 0;
  if (toBool(env, args[3], "tensor: borrow") && aligned && bytes.length > 0) return handle(env, borrow(env, bytes, shape, options));
  at::Tensor tensor = at::empty(shape, options);
  if (bytes.length > 0) std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
  return handle(env, std::move(tensor));
}

// toBuffer(tensor): an ArrayBuffer with a copy of its elements in row-major order.
napi_value toBuffer(napi_env env, const Arguments& args) {
  at::NoGradGuard guard;
  at::Tensor tensor = toTensor(env, args[0], "data").detach().cpu().contiguous();
  void* data;
  napi_value buffer;
  size_t length = tensor.numel() * tensor.element_size();
  check(napi_create_arraybuffer(env, length, &data, &buffer));
  if (length > 0) std::memcpy(data, tensor.data_ptr(), length);
  return buffer;
}

// item(tensor): the one element, as a number or a boolean.
napi_value item(napi_env env, const Arguments& args) {
  at::Scalar scalar = toTensor(env, args[0], "item").item();
  if (scalar.isBoolean()) return boolean(env, scalar.toBool());
  return number(env, scalar.toDouble());
}

napi_value shape(napi_env env, const Arguments& args) {
  std::vector<napi_value> sizes;
  for (int64_t extent : toTensor(env, args[0], "shape").sizes()) sizes.push_back(number(env, static_cast<double>(extent)));
  return array(env, sizes);
}

napi_value dtype(napi_env env, const Arguments& args) {
  return string(env, dtypeName(toTensor(env, args[0], "dtype").scalar_type()));
}

napi_value device(napi_env env, const Arguments& args) {
  return string(env, toTensor(env, args[0], "device").device().str());
}

// dispose(handle) or dispose([handles])
napi_value dispose(napi_env env, const Arguments& args) {
  State& state = stateOf(env);
  if (isArray(env, args[0])) {
    for (uint32_t i = 0, length = lengthOf(env, args[0]); i < length; ++i)
      state.tensors.remove(static_cast<uint32_t>(toInt(env, vit::at(env, args[0], i), "dispose")));
  } else {
    state.tensors.remove(static_cast<uint32_t>(toInt(env, args[0], "dispose")));
  }
  buryTheDead(env, *state.graveyard);
  return nullptr;
}

// memory(): tensors that JavaScript holds and the bytes of their storages and of TorchScript's, each counted once.
napi_value memory(napi_env env, const Arguments&) {
  State& state = stateOf(env);
  std::unordered_set<const void*> seen;
  double bytes = 0;
  auto count = [&](const at::Tensor& tensor) {
    if (!tensor.has_storage() || tensor.is_meta()) return;  // meta: a size without memory
    if (seen.insert(tensor.storage().unsafeGetStorageImpl()).second) bytes += static_cast<double>(tensor.storage().nbytes());
  };
  for (const auto& tensor : state.tensors.items())
    if (tensor) count(*tensor);
  for (const auto& script : state.scripts.items())
    if (script) eachTensor(**script, count);
  napi_value result;
  check(napi_create_object(env, &result));
  set(env, result, "tensors", number(env, static_cast<double>(state.tensors.live())));
  set(env, result, "bytes", number(env, bytes));
  return result;
}

}  // namespace vit
