#pragma once
#include "js.h"

namespace vit {
napi_value resolve(napi_env env, const Arguments& args);
napi_value call(napi_env env, const Arguments& args);
napi_value schema(napi_env env, const Arguments& args);
napi_value overloads(napi_env env, const Arguments& args);
}  // namespace vit
