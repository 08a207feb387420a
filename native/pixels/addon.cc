#include <iterator>

#include "pixels.h"

NAPI_MODULE_INIT() {
  const napi_property_descriptor methods[] = {
      {"resample", nullptr, resample, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"resampleJpeg", nullptr, resampleJpeg, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"affine", nullptr, affine, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, std::size(methods), methods);
  return exports;
}
