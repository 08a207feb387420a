#pragma once
#include "js.h"

namespace vit {
napi_value fromBuffer(napi_env env, const Arguments& args);
napi_value toBuffer(napi_env env, const Arguments& args);
napi_value item(napi_env env, const Arguments& args);
napi_value shape(napi_env env, const Arguments& args);
napi_value dtype(napi_env env, const Arguments& args);
napi_value device(napi_env env, const Arguments& args);
napi_value dispose(napi_env env, const Arguments& args);
napi_value memory(napi_env env, const Arguments& args);
}  // namespace vit
