// Gradients and the modes that operators run under.
#include "autograd.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "one-dnn.h"

namespace vit {

namespace {

// A null in the list stands for "ones" (backward) or "no gradient given".
std::vector<at::Tensor> gradients(napi_env env, napi_value value, size_t count) {
  if (isNothing(env, value)) return {};
  if (lengthOf(env, value) != count) typeFault("backward: one gradient for each output is needed");
  std::vector<at::Tensor> result;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item = vit::at(env, value, i);
    result.push_back(isNothing(env, item) ? at::Tensor() : toTensor(env, item, "backward: gradient"));
  }
  return result;
}

struct Autocast {
  bool enabled;
  at::ScalarType dtype;
};

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
Autocast readAutocast(c10::DeviceType type) {
  return {at::autocast::is_autocast_enabled(type), at::autocast::get_autocast_dtype(type)};
}
void writeAutocast(c10::DeviceType type, Autocast mode) {
  at::autocast::set_autocast_enabled(type, mode.enabled);
  at::autocast::set_autocast_dtype(type, mode.dtype);
}
#else
Autocast readAutocast(c10::DeviceType type) {
  if (type == c10::DeviceType::CPU) return {at::autocast::is_cpu_enabled(), at::autocast::get_autocast_cpu_dtype()};
  return {at::autocast::is_enabled(), at::autocast::get_autocast_gpu_dtype()};
}
void writeAutocast(c10::DeviceType type, Autocast mode) {
  if (type == c10::DeviceType::CPU) {
    at::autocast::set_cpu_enabled(mode.enabled);
    at::autocast::set_autocast_cpu_dtype(mode.dtype);
  } else {
    at::autocast::set_enabled(mode.enabled);
    at::autocast::set_autocast_gpu_dtype(mode.dtype);
  }
}
#endif

Autocast autocastFrom(napi_env env, const Arguments& args) {
  return {toBool(env, args[1], "autocast: enabled"), toDType(env, args[2], "autocast: dtype")};
}

napi_value describe(napi_env env, Autocast mode) {
  return array(env, {boolean(env, mode.enabled), string(env, dtypeName(mode.dtype))});
}

}  // namespace

bool isAutocastOn(c10::DeviceType type) { return readAutocast(type).enabled; }

// backward(outputs, gradients | null, retainGraph, createGraph)
napi_value backward(napi_env env, const Arguments& args) {
  auto outputs = toTensors(env, args[0], "backward: outputs");
  auto seeds = gradients(env, args[1], outputs.size());
  OneDnnGuard guard;
  torch::autograd::backward(outputs, seeds, toBool(env, args[2], "backward: retainGraph"), toBool(env, args[3], "backward: createGraph"));
  return nullptr;
}

// grad(outputs, inputs, gradients | null, retainGraph, createGraph, allowUnused): an array of handles, 0 where unused
napi_value grad(napi_env env, const Arguments& args) {
  auto outputs = toTensors(env, args[0], "grad: outputs");
  auto inputs = toTensors(env, args[1], "grad: inputs");
  auto seeds = gradients(env, args[2], outputs.size());
  OneDnnGuard guard;
  auto found = torch::autograd::grad(outputs, inputs, seeds, toBool(env, args[3], "grad: retainGraph"),
                                     toBool(env, args[4], "grad: createGraph"), toBool(env, args[5], "grad: allowUnused"));
  std::vector<napi_value> handles;
  for (at::Tensor& tensor : found) handles.push_back(handle(env, std::move(tensor)));
  return array(env, handles);
}

napi_value requiresGrad(napi_env env, const Arguments& args) {
  return boolean(env, toTensor(env, args[0], "requiresGrad").requires_grad());
}

napi_value setRequiresGrad(napi_env env, const Arguments& args) {
  toTensor(env, args[0], "requiresGrad_").requires_grad_(toBool(env, args[1], "requiresGrad_"));
  return nullptr;
}

napi_value gradOf(napi_env env, const Arguments& args) { return handle(env, toTensor(env, args[0], "grad").grad()); }

// gradsOf(tensors): their gradients in one call, 0 where there is none
napi_value gradsOf(napi_env env, const Arguments& args) {
  std::vector<napi_value> handles;
  for (const at::Tensor& tensor : toTensors(env, args[0], "grads")) handles.push_back(handle(env, tensor.grad()));
  return array(env, handles);
}

// setGrad(tensor, gradient | 0)
napi_value setGrad(napi_env env, const Arguments& args) {
  at::Tensor& tensor = toTensor(env, args[0], "grad");
  if (isNothing(env, args[1])) {
    tensor.mutable_grad().reset();
    return nullptr;
  }
  at::Tensor& gradient = toTensor(env, args[1], "grad");
  VIT_CHECK_SHAPE(gradient.sizes() == tensor.sizes(), "a gradient of shape ", gradient.sizes(), " for a tensor of shape ", tensor.sizes());
  VIT_CHECK_DTYPE(gradient.options().type_equal(tensor.options()), "a gradient of another dtype or device type than its tensor");
  tensor.mutable_grad() = gradient;
  return nullptr;
}

napi_value clearGrads(napi_env env, const Arguments& args) {
  for (at::Tensor& tensor : toTensors(env, args[0], "zeroGrad")) tensor.mutable_grad().reset();
  return nullptr;
}

napi_value isGradEnabled(napi_env env, const Arguments&) { return boolean(env, at::GradMode::is_enabled()); }

// setGradEnabled(on): what it was before
napi_value setGradEnabled(napi_env env, const Arguments& args) {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(toBool(env, args[0], "gradient mode"));
  return boolean(env, before);
}

napi_value enterInference(napi_env env, const Arguments&) {
  stateOf(env).inferenceModes.push_back(std::make_unique<c10::InferenceMode>());
  return nullptr;
}

napi_value leaveInference(napi_env env, const Arguments&) {
  auto& modes = stateOf(env).inferenceModes;
  if (!modes.empty()) modes.pop_back();
  return nullptr;
}

// setAutocast(device, enabled, dtype): [enabled, dtype] as they were
napi_value setAutocast(napi_env env, const Arguments& args) {
  c10::DeviceType type = toDevice(env, args[0], "autocast: device").type();
  Autocast before = readAutocast(type);
  writeAutocast(type, autocastFrom(env, args));
  at::autocast::increment_nesting();
  return describe(env, before);
}

// autocastDtype(device): undefined where it is off
napi_value autocastDtype(napi_env env, const Arguments& args) {
  Autocast mode = readAutocast(toDevice(env, args[0], "autocast: device").type());
  return mode.enabled ? string(env, dtypeName(mode.dtype)) : undefined(env);
}

// leaveAutocast(device, enabled, dtype): puts back what setAutocast returned; the outermost drops the cast weights
napi_value leaveAutocast(napi_env env, const Arguments& args) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  writeAutocast(toDevice(env, args[0], "autocast: device").type(), autocastFrom(env, args));
  return nullptr;
}

}  // namespace vit
