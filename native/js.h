// JavaScript values in and out, and the one place where C++ exceptions become JavaScript errors.
#pragma once
#include "fault.h"
#include "state.h"

namespace vit {

[[noreturn]] void typeFault(const std::string& message);

// Node-API refused: JavaScript has an exception pending (a getter threw), the environment is shutting down, or a value
// is not of the kind asked for.
struct Pending {};
inline void check(napi_status status) {
  if (status != napi_ok) throw Pending();
}

struct Arguments {
  static constexpr size_t capacity = 26;
  size_t count = capacity;
  napi_value values[capacity];
  void* name;  // what JavaScript calls the function by
  Arguments(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &count, values, nullptr, &name); }
  napi_value operator[](size_t i) const { return values[i]; }
};

// Makes it the pending JavaScript error, unless there is one; `doing` is the operator or function whose words they are.
void raise(napi_env env, const std::exception& error, const std::string& doing);

// Wraps a function so that nothing C++ crosses the C ABI.
template <napi_value (*F)(napi_env, const Arguments&)>
napi_value guarded(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const char* name = static_cast<const char*>(args.name);
  try {
    return F(env, args);
  } catch (const Pending&) {
    raise(env, std::invalid_argument("an argument is not of the kind that is needed"), name);
  } catch (const std::exception& error) {
    raise(env, error, name);
  }
  return nullptr;
}

napi_valuetype typeOf(napi_env env, napi_value value);
bool isNothing(napi_env env, napi_value value);
bool isArray(napi_env env, napi_value value);
uint32_t lengthOf(napi_env env, napi_value array);
napi_value at(napi_env env, napi_value array, uint32_t index);

// `what` names the value in errors: "softmax: argument 'dim'".
bool toBool(napi_env env, napi_value value, const std::string& what);
double toDouble(napi_env env, napi_value value, const std::string& what);
int64_t toInt(napi_env env, napi_value value, const std::string& what);
std::string toString(napi_env env, napi_value value, const std::string& what);
std::vector<int64_t> toInts(napi_env env, napi_value value, const std::string& what);
at::Scalar toScalar(napi_env env, napi_value value, const std::string& what);
at::ScalarType toDType(napi_env env, napi_value value, const std::string& what);
c10::Device toDevice(napi_env env, napi_value value, const std::string& what);
at::MemoryFormat toMemoryFormat(napi_env env, napi_value value, const std::string& what);
at::Tensor& toTensor(napi_env env, napi_value value, const std::string& what);
std::vector<at::Tensor> toTensors(napi_env env, napi_value value, const std::string& what);
at::Generator& toGenerator(napi_env env, napi_value value, const std::string& what);

napi_value number(napi_env env, double value);
napi_value boolean(napi_env env, bool value);
napi_value string(napi_env env, const std::string& value);
napi_value undefined(napi_env env);
napi_value array(napi_env env, const std::vector<napi_value>& values);
void set(napi_env env, napi_value object, const char* key, napi_value value);
// A new handle for a tensor; 0 for an undefined one.
napi_value handle(napi_env env, at::Tensor tensor);
const char* dtypeName(at::ScalarType dtype);

}  // namespace vit
