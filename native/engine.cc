// Random streams, threads, and what this libtorch and this processor are.
#include "engine.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <dlfcn.h>

#include "cpu.h"

namespace vit {

namespace {

at::Generator generatorFor(c10::Device device) {
  if (device.is_cpu()) return at::detail::createCPUGenerator();
  // a CUDA generator can only be cloned from a device's own: its class is not in the CPU headers
  return at::globalContext().defaultGenerator(device).clone();
}

// A function of one of libtorch's libraries that its headers do not declare, or null where that library hides it.
template <class F>
F* hidden(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
}

// MKL's own, as mkl_types.h has it.
struct MklVersion {
  int major, minor, update;
  char *status, *build, *processor, *platform;
};

napi_value orNothing(napi_env env, const char* text) { return text ? string(env, text) : undefined(env); }

// What libtorch's libraries took, as they say it themselves; undefined where they do not.
void setLibraries(napi_env env, napi_value result) {
  const auto oneDnn = hidden<int()>("dnnl_get_effective_cpu_isa");
  set(env, result, "oneDnnIsa", oneDnn ? number(env, oneDnn()) : undefined(env));
  const auto openBlas = hidden<char*()>("openblas_get_corename");
  set(env, result, "openBlasCore", orNothing(env, openBlas ? openBlas() : nullptr));
  MklVersion version{};
  for (const char* name : {"MKL_Get_Version", "mkl_serv_get_version"})  // the wheel's own copy hides the first
    if (const auto mkl = hidden<void(MklVersion*)>(name)) mkl(&version);
  set(env, result, "mklProcessor", orNothing(env, version.processor));
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
  set(env, result, "isa", string(env, isaNames[static_cast<int>(isa())]));
  set(env, result, "processorIsa", string(env, isaNames[static_cast<int>(processorIsa())]));
  setLibraries(env, result);
  set(env, result, "config", string(env, at::show_config()));
  return result;
}

}  // namespace vit
