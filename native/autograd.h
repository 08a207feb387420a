#pragma once
#include "js.h"

namespace vit {

// Whether operators on this kind of device run under autocast.
bool isAutocastOn(c10::DeviceType type);

napi_value backward(napi_env env, const Arguments& args);
napi_value grad(napi_env env, const Arguments& args);
napi_value requiresGrad(napi_env env, const Arguments& args);
napi_value setRequiresGrad(napi_env env, const Arguments& args);
napi_value gradOf(napi_env env, const Arguments& args);
napi_value gradsOf(napi_env env, const Arguments& args);
napi_value setGrad(napi_env env, const Arguments& args);
napi_value clearGrads(napi_env env, const Arguments& args);
napi_value isGradEnabled(napi_env env, const Arguments& args);
napi_value setGradEnabled(napi_env env, const Arguments& args);
napi_value enterInference(napi_env env, const Arguments& args);
napi_value leaveInference(napi_env env, const Arguments& args);
napi_value setAutocast(napi_env env, const Arguments& args);
napi_value autocastDtype(napi_env env, const Arguments& args);
napi_value leaveAutocast(napi_env env, const Arguments& args);
}  // namespace vit
