#include <iterator>

#include "pixels.h"

NAPI_MODULE_INIT() {
#define METHOD(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  const napi_property_descriptor methods[] = {PIXEL_LOOPS(METHOD)};
#undef METHOD
  napi_define_properties(env, exports, std::size(methods), methods);
  return exports;
}
