#pragma once
#include "js.h"

namespace vit {
napi_value manualSeed(napi_env env, const Arguments& args);
napi_value newGenerator(napi_env env, const Arguments& args);
napi_value defaultGenerator(napi_env env, const Arguments& args);
napi_value seedGenerator(napi_env env, const Arguments& args);
napi_value generatorState(napi_env env, const Arguments& args);
napi_value restoreGenerator(napi_env env, const Arguments& args);
napi_value disposeGenerator(napi_env env, const Arguments& args);
napi_value setThreads(napi_env env, const Arguments& args);
napi_value info(napi_env env, const Arguments& args);
}  // namespace vit
