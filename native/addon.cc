// The Node-API addon: registers the functions and gives each JavaScript environment a state of its own.
#include "autograd.h"
#include "call.h"
#include "engine.h"
#include "one-dnn.h"
#include "script.h"
#include "shelf.h"
#include "tensor.h"

namespace vit {

State& stateOf(napi_env env) {
  void* state = nullptr;
  napi_get_instance_data(env, &state);
  return *static_cast<State*>(state);
}

namespace {

constexpr napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_enumerable, const_cast<char*>(name)};
}

napi_value init(napi_env env, napi_value exports) {
  napi_set_instance_data(env, new State(), [](napi_env, void* state, void*) { delete static_cast<State*>(state); }, nullptr);
  const napi_property_descriptor methods[] = {
      method("resolve", guarded<resolve>),
      method("call", guarded<call>),
      method("schema", guarded<schema>),
      method("overloads", guarded<overloads>),
      method("fromBuffer", guarded<fromBuffer>),
      method("toBuffer", guarded<toBuffer>),
      method("item", guarded<item>),
      method("shape", guarded<shape>),
      method("dtype", guarded<dtype>),
      method("device", guarded<device>),
      method("dispose", guarded<dispose>),
      method("memory", guarded<memory>),
      method("shelve", guarded<shelve>),
      method("backward", guarded<backward>),
      method("grad", guarded<grad>),
      method("requiresGrad", guarded<requiresGrad>),
      method("setRequiresGrad", guarded<setRequiresGrad>),
      method("gradOf", guarded<gradOf>),
      method("gradsOf", guarded<gradsOf>),
      method("setGrad", guarded<setGrad>),
      method("clearGrads", guarded<clearGrads>),
      method("isGradEnabled", guarded<isGradEnabled>),
      method("setGradEnabled", guarded<setGradEnabled>),
      method("enterInference", guarded<enterInference>),
      method("leaveInference", guarded<leaveInference>),
      method("setAutocast", guarded<setAutocast>),
      method("autocastDtype", guarded<autocastDtype>),
      method("leaveAutocast", guarded<leaveAutocast>),
      method("manualSeed", guarded<manualSeed>),
      method("newGenerator", guarded<newGenerator>),
      method("defaultGenerator", guarded<defaultGenerator>),
      method("seedGenerator", guarded<seedGenerator>),
      method("generatorState", guarded<generatorState>),
      method("restoreGenerator", guarded<restoreGenerator>),
      method("disposeGenerator", guarded<disposeGenerator>),
      method("scriptLoad", guarded<scriptLoad>),
      method("scriptFacts", guarded<scriptFacts>),
      method("scriptMove", guarded<scriptMove>),
      method("scriptForward", guarded<scriptForward>),
      method("scriptDispose", guarded<scriptDispose>),
      method("setThreads", guarded<setThreads>),
      method("avoidOneDnnForBfloat16", guarded<avoidOneDnnForBfloat16>),
      method("info", guarded<info>),
  };
  napi_define_properties(env, exports, sizeof(methods) / sizeof(methods[0]), methods);
  return exports;
}

}  // namespace
}  // namespace vit

NAPI_MODULE_INIT() { return vit::init(env, exports); }
