#pragma once
#include "js.h"

#include <functional>

namespace vit {
// Each tensor of a script's modules.
void eachTensor(const Script& script, const std::function<void(const at::Tensor&)>& visit);

napi_value scriptLoad(napi_env env, const Arguments& args);
napi_value scriptFacts(napi_env env, const Arguments& args);
napi_value scriptMove(napi_env env, const Arguments& args);
napi_value scriptForward(napi_env env, const Arguments& args);
napi_value scriptDispose(napi_env env, const Arguments& args);
}  // namespace vit
