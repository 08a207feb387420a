#include "one-dnn.h"

#include <ATen/Context.h>

#include <algorithm>

#include "autograd.h"

namespace vit {

napi_value avoidOneDnnForBfloat16(napi_env, const Arguments&) {
  OneDnnGuard::avoids_ = true;
  return nullptr;
}

OneDnnGuard::OneDnnGuard(bool leaveAside) : restores_(leaveAside && at::globalContext().userEnabledMkldnn()) {
  if (restores_) at::globalContext().setUserEnabledMkldnn(false);
}

OneDnnGuard::~OneDnnGuard() {
  if (restores_) at::globalContext().setUserEnabledMkldnn(true);
}

bool OneDnnGuard::meetsBfloat16(const torch::jit::Stack& arguments) {
  const auto isOne = [](const at::Tensor& tensor) { return tensor.defined() && tensor.scalar_type() == at::kBFloat16; };
  return isAutocastOn(c10::DeviceType::CPU) || std::any_of(arguments.begin(), arguments.end(), [&](const c10::IValue& value) {
           if (value.isTensor()) return isOne(value.toTensor());
           if (!value.isTensorList()) return false;
           const auto tensors = value.toTensorVector();
           return std::any_of(tensors.begin(), tensors.end(), isOne);
         });
}

}  // namespace vit
