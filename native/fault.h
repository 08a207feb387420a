// Errors of ours, with the code that JavaScript sees; also those that our operators throw from under libtorch's dispatcher.
#pragma once
#include <c10/util/StringUtil.h>

#include <stdexcept>
#include <string>

namespace vit {

struct Fault : std::runtime_error {
  enum class Type { Error, Type, Range };
  Fault(Type type, const char* code, const std::string& message) : std::runtime_error(message), type(type), code(code) {}
  Type type;
  const char* code;
};

}  // namespace vit

#define VIT_CHECK(condition, type, code, ...) \
  ((condition) ? (void)0 : throw ::vit::Fault(::vit::Fault::Type::type, code, c10::str(__VA_ARGS__)))
#define VIT_CHECK_SHAPE(condition, ...) VIT_CHECK(condition, Range, "ERR_TORCH_SHAPE", __VA_ARGS__)
#define VIT_CHECK_DTYPE(condition, ...) VIT_CHECK(condition, Type, "ERR_TORCH_DTYPE", __VA_ARGS__)
#define VIT_CHECK_DEVICE(condition, ...) VIT_CHECK(condition, Error, "ERR_TORCH_DEVICE", __VA_ARGS__)
#define VIT_CHECK_GRADIENT(condition, ...) VIT_CHECK(condition, Error, "ERR_TORCH_GRADIENT", __VA_ARGS__)
#define VIT_CHECK_ARGUMENT(condition, ...) VIT_CHECK(condition, Type, "ERR_TORCH_ARGUMENT", __VA_ARGS__)
