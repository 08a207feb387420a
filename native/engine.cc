// Random streams, threads, and what this libtorch is.
#include "engine.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "tiles.h"

namespace vit {

namespace {

at::Generator generatorFor(c10::Device device) {
  if (device.is_cpu()) return at::detail::createCPUGenerator();
  // a CUDA generator can only be cloned from a device's own: its class is not in the CPU headers
  return at::globalContext().defaultGenerator(device).clone();
}

}  // namespace

// manualSeed(seed): every device's default generator
napi_value manualSeed(napi_env env, const Arguments& args) {
  at::manual_seed(static_cast<uint64_t>(toInt(env, args[0], "manualSeed")));
  return nullptr;
}

napi_value newGenerator(napi_env env, const Arguments& args) {
  return number(env, stateOf(env).generators.add(generatorFor(toDevice(env, args[0], "generator: device"))));
}

napi_value defaultGenerator(napi_env env, const Arguments& args) {
  at::Generator generator = at::globalContext().defaultGenerator(toDevice(env, args[0], "generator: device"));
  return number(env, stateOf(env).generators.add(generator));
}

napi_value seedGenerator(napi_env env, const Arguments& args) {
  at::Generator& generator = toGenerator(env, args[0], "generator");
  std::lock_guard<std::mutex> guard(generator.mutex());
  generator.set_current_seed(static_cast<uint64_t>(toInt(env, args[1], "generator: seed")));
  return nullptr;
}

// generatorState(generator): a uint8 tensor with its whole state
napi_value generatorState(napi_env env, const Arguments& args) {
  at::Generator& generator = toGenerator(env, args[0], "generator");
  std::lock_guard<std::mutex> guard(generator.mutex());
  return handle(env, generator.get_state());
}

napi_value restoreGenerator(napi_env env, const Arguments& args) {
  at::Generator& generator = toGenerator(env, args[0], "generator");
  std::lock_guard<std::mutex> guard(generator.mutex());
  generator.set_state(toTensor(env, args[1], "generator: state"));
  return nullptr;
}

napi_value disposeGenerator(napi_env env, const Arguments& args) {
  stateOf(env).generators.remove(static_cast<uint32_t>(toInt(env, args[0], "generator")));
  return nullptr;
}

napi_value setThreads(napi_env env, const Arguments& args) {
  at::set_num_threads(static_cast<int>(toInt(env, args[0], "threads")));
  return nullptr;
}

napi_value info(napi_env env, const Arguments&) {
  napi_value result;
  check(napi_create_object(env, &result));
  set(env, result, "version", string(env, TORCH_VERSION));
  set(env, result, "threads", number(env, at::get_num_threads()));
  set(env, result, "cuda", number(env, at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0));
  set(env, result, "matrixUnit", boolean(env, haveTiles()));
  set(env, result, "config", string(env, at::show_config()));
  return result;
}

}  // namespace vit
