// The operator vit_distill::gram_gap: what it takes.
#include "gram-gap.h"

#include <torch/library.h>

#include <tuple>

#include "fault.h"

namespace vit {

namespace {

using at::Tensor;

void checkTokens(const char* name, const Tensor& tokens) {
  VIT_CHECK_SHAPE(tokens.dim() == 3, name, " must have the dimensions [M, n, D], got shape ", tokens.sizes());
  VIT_CHECK_DTYPE(tokens.scalar_type() == at::kFloat, name, " must be float32, got ", tokens.scalar_type());
}

// with the numbers of a token side by side
Tensor inLines(const Tensor& tokens) { return tokens.stride(2) == 1 ? tokens : tokens.contiguous(); }

template <class T>
Tokens<T> linesOf(const Tensor& tokens) {
  return {tokens.data_ptr<float>(), tokens.stride(0), tokens.stride(1), tokens.size(2)};
}

// the sum, float64, and the slope
std::tuple<Tensor, Tensor> onCpu(const Tensor& student, const Tensor& teacher) {
  checkTokens("student", student);
  checkTokens("teacher", teacher);
  VIT_CHECK_SHAPE(student.size(0) == teacher.size(0) && student.size(1) == teacher.size(1), "student of shape ", student.sizes(),
              " and teacher of shape ", teacher.sizes(), " differ in maps or rows");
  const Tensor own = inLines(student), other = inLines(teacher);
  Tensor slope = at::empty_like(own, own.options(), at::MemoryFormat::Preserve);
  const double sum = slope.numel() == 0 ? 0
                                        : gramGapOnCpu({own.size(0), own.size(1), linesOf<const float>(own), linesOf<const float>(other),
                                                        linesOf<float>(slope)});
  return {at::scalar_tensor(sum, own.options().dtype(at::kDouble)), slope};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(vit_distill, m) { m.def("gram_gap(Tensor student, Tensor teacher) -> (Tensor, Tensor)"); }
TORCH_LIBRARY_IMPL(vit_distill, CPU, m) { m.impl("gram_gap", onCpu); }

}  // namespace vit
