// Tensors that nobody reads for long: their numbers lie in a nameless file, mapped, and come back page by page when they are read.
#pragma once
#include "js.h"

namespace vit {

// shelve(tensor, directory): whether its memory was given up. What is borrowed, small or not on a CPU stays as it is.
napi_value shelve(napi_env env, const Arguments& args);

// Hands back the pages that reading a shelved tensor has fetched; nothing to any other.
void letGo(const at::Tensor& tensor);

}  // namespace vit
