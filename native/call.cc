// The one door: an operator found in libtorch's dispatcher, its arguments converted by its schema, run boxed.
#include "call.h"

#include <c10/core/Layout.h>

#include <algorithm>
#include <sstream>

#include "one-dnn.h"

namespace vit {

namespace {

using c10::TypeKind;

Kind listKind(const c10::TypePtr& element) {
  switch (element->kind()) {
    case TypeKind::TensorType: return Kind::TensorList;
    case TypeKind::OptionalType: return Kind::MaybeTensorList;
    case TypeKind::IntType:
    case TypeKind::SymIntType: return Kind::IntList;
    case TypeKind::FloatType: return Kind::FloatList;
    case TypeKind::BoolType: return Kind::BoolList;
    case TypeKind::NumberType: return Kind::ScalarList;
    default: return Kind::Unsupported;
  }
}

Kind kindOf(const c10::TypePtr& type) {
  switch (type->kind()) {
    case TypeKind::TensorType: return Kind::Tensor;
    case TypeKind::ListType: return listKind(type->castRaw<c10::ListType>()->getElementType());
    case TypeKind::IntType:
    case TypeKind::SymIntType: return Kind::Int;
    case TypeKind::FloatType: return Kind::Float;
    case TypeKind::BoolType: return Kind::Bool;
    case TypeKind::NumberType: return Kind::Scalar;
    case TypeKind::StringType: return Kind::String;
    case TypeKind::DeviceObjType: return Kind::Device;
    case TypeKind::GeneratorType: return Kind::Generator;
    case TypeKind::ScalarTypeType: return Kind::DType;
    case TypeKind::LayoutType: return Kind::Layout;
    case TypeKind::MemoryFormatType: return Kind::MemoryFormat;
    default: return Kind::Unsupported;
  }
}

// real_type() tells dtype, layout and memory format, which type() shows as plain integers.
Argument argumentOf(const c10::Argument& argument, const std::string& op) {
  c10::TypePtr type = argument.real_type();
  bool optional = type->kind() == TypeKind::OptionalType;
  if (optional) type = type->castRaw<c10::OptionalType>()->getElementType();
  std::optional<c10::IValue> fallback;
  if (argument.default_value()) fallback = *argument.default_value();
  else if (optional) fallback = c10::IValue();
  int fixedLength = argument.N() ? static_cast<int>(*argument.N()) : 0;
  return {argument.name(), op + ": argument '" + argument.name() + "'", kindOf(type), optional, fixedLength, fallback};
}

template <class T, class F>
c10::IValue listOf(napi_env env, napi_value value, const std::string& what, F convert) {
  if (!isArray(env, value)) typeFault(what + " must be an array");
  c10::List<T> list;
  uint32_t length = lengthOf(env, value);
  list.reserve(length);
  for (uint32_t i = 0; i < length; ++i) list.push_back(convert(vit::at(env, value, i)));
  return list;
}

c10::IValue intList(napi_env env, napi_value value, int fixedLength, const std::string& what) {
  if (fixedLength > 0 && !isArray(env, value)) {
    c10::List<int64_t> list;
    list.resize(fixedLength, toInt(env, value, what));
    return list;
  }
  return listOf<int64_t>(env, value, what, [&](napi_value v) { return toInt(env, v, what); });
}

c10::IValue maybeTensorList(napi_env env, napi_value value, const std::string& what) {
  return listOf<MaybeTensor>(env, value, what, [&](napi_value v) -> MaybeTensor {
    if (isNothing(env, v)) return {};
    return toTensor(env, v, what);
  });
}

c10::IValue toIValue(napi_env env, napi_value value, const Argument& argument) {
  if (argument.fallback && isNothing(env, value)) return *argument.fallback;
  const std::string& what = argument.label;
  switch (argument.kind) {
    case Kind::Tensor: return toTensor(env, value, what);
    case Kind::TensorList: return listOf<at::Tensor>(env, value, what, [&](napi_value v) { return toTensor(env, v, what); });
    case Kind::MaybeTensorList: return maybeTensorList(env, value, what);
    case Kind::Scalar: return toScalar(env, value, what);
    case Kind::Int: return toInt(env, value, what);
    case Kind::IntList: return intList(env, value, argument.fixedLength, what);
    case Kind::Float: return toDouble(env, value, what);
    case Kind::FloatList: return listOf<double>(env, value, what, [&](napi_value v) { return toDouble(env, v, what); });
    case Kind::Bool: return toBool(env, value, what);
    case Kind::BoolList: return listOf<bool>(env, value, what, [&](napi_value v) { return toBool(env, v, what); });
    case Kind::ScalarList: return listOf<at::Scalar>(env, value, what, [&](napi_value v) { return toScalar(env, v, what); });
    case Kind::DType: return static_cast<int64_t>(toDType(env, value, what));
    case Kind::Device: return toDevice(env, value, what);
    case Kind::Layout: return static_cast<int64_t>(c10::Layout::Strided);
    case Kind::MemoryFormat: return static_cast<int64_t>(toMemoryFormat(env, value, what));
    case Kind::String: return toString(env, value, what);
    case Kind::Generator: return toGenerator(env, value, what);
    default: typeFault(what + " has a type that JavaScript cannot carry");
  }
}

napi_value toJs(napi_env env, c10::IValue& value) {
  if (value.isTensor()) return handle(env, std::move(value).toTensor());
  if (value.isDouble()) return number(env, value.toDouble());
  if (value.isInt()) return number(env, static_cast<double>(value.toInt()));
  if (value.isBool()) return boolean(env, value.toBool());
  if (value.isTensorList()) {
    std::vector<napi_value> handles;
    for (const at::Tensor& tensor : value.toTensorVector()) handles.push_back(handle(env, tensor));
    return array(env, handles);
  }
  if (value.isNone()) return undefined(env);
  throw Fault(Fault::Type::Type, "ERR_TORCH_ARGUMENT", "result of type " + value.tagKind() + " cannot be carried");
}

bool writesSelf(const c10::FunctionSchema& schema) {
  if (schema.returns().size() != 1 || schema.arguments().empty()) return false;
  const auto* result = schema.returns()[0].alias_info();
  const auto* self = schema.arguments()[0].alias_info();
  return result && self && result->isWrite() && self->isWrite() && result->beforeSets() == self->beforeSets();
}

std::optional<c10::OperatorHandle> find(const std::string& name, const std::string& overload) {
  auto found = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!found) return std::nullopt;
  return *found;
}

}  // namespace

// resolve(name, overload, argumentNames): the number to call it by. The names say in which order JavaScript passes
// the arguments, so that one table serves libtorch versions that added arguments.
napi_value resolve(napi_env env, const Arguments& args) {
  std::string name = toString(env, args[0], "name");
  std::string overload = toString(env, args[1], "overload");
  Operator op{name.substr(name.find("::") + 2) + (overload.empty() ? "" : "." + overload), find(name, overload), {}, {}, false};
  if (op.handle) {
    std::vector<std::string> order;
    for (uint32_t i = 0; i < lengthOf(env, args[2]); ++i) order.push_back(toString(env, vit::at(env, args[2], i), "name"));
    const c10::FunctionSchema& schema = op.handle->schema();
    for (const c10::Argument& argument : schema.arguments()) {
      op.arguments.push_back(argumentOf(argument, op.name));
      auto place = std::find(order.begin(), order.end(), argument.name());
      op.position.push_back(place == order.end() ? -1 : static_cast<int>(place - order.begin()));
    }
    op.returnsSelf = writesSelf(schema);
  }
  auto& operators = stateOf(env).operators;
  operators.push_back(std::move(op));
  return number(env, static_cast<double>(operators.size() - 1));
}

// call(operator, ...arguments): runs it; a result is a handle, a number, a boolean, an array of handles, or an array of these.
napi_value call(napi_env env, const Arguments& args) {
  uint32_t index;
  State& state = stateOf(env);
  if (napi_get_value_uint32(env, args[0], &index) != napi_ok || index >= state.operators.size())
    typeFault("call: the first argument must be a resolved operator");
  const Operator& op = state.operators[index];
  if (!op.handle)
    throw Fault(Fault::Type::Error, "ERR_TORCH_UNKNOWN_OPERATOR",
                "libtorch " TORCH_VERSION " has no operator \"" + op.name + "\"");
  torch::jit::Stack stack;
  stack.reserve(op.arguments.size());
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    const Argument& argument = op.arguments[i];
    int position = op.position[i];
    if (position >= 0 && static_cast<size_t>(position) + 1 < args.count) {
      stack.push_back(toIValue(env, args[position + 1], argument));
    } else if (argument.fallback) {
      stack.push_back(*argument.fallback);
    } else {
      typeFault(argument.label + " is missing");
    }
  }
  OneDnnGuard guard(stack);
  try {
    op.handle->callBoxed(stack);
  } catch (const Fault& fault) {
    throw Fault(fault.type, fault.code, op.name + ": " + fault.what());
  } catch (const std::exception& error) {
    raise(env, error, op.name);
    return nullptr;
  }
  if (op.returnsSelf || stack.empty()) return nullptr;
  if (stack.size() == 1) return toJs(env, stack[0]);
  std::vector<napi_value> results;
  for (c10::IValue& value : stack) results.push_back(toJs(env, value));
  return array(env, results);
}

// schema(name, overload): PyTorch's own line and its parts, for the generator; undefined when there is none.
napi_value schema(napi_env env, const Arguments& args) {
  auto found = find(toString(env, args[0], "name"), toString(env, args[1], "overload"));
  if (!found) return nullptr;
  const c10::FunctionSchema& schema = found->schema();
  std::vector<napi_value> arguments;
  for (const c10::Argument& argument : schema.arguments()) {
    napi_value item;
    check(napi_create_object(env, &item));
    set(env, item, "name", string(env, argument.name()));
    Argument parsed = argumentOf(argument, "");
    set(env, item, "kind", number(env, static_cast<double>(parsed.kind)));
    set(env, item, "optional", boolean(env, parsed.optional));
    set(env, item, "hasDefault", boolean(env, argument.default_value().has_value()));
    set(env, item, "keywordOnly", boolean(env, argument.kwarg_only()));
    set(env, item, "fixedLength", number(env, parsed.fixedLength));
    arguments.push_back(item);
  }
  std::vector<napi_value> returns;
  for (const c10::Argument& result : schema.returns()) returns.push_back(number(env, static_cast<double>(kindOf(result.type()))));
  std::ostringstream text;
  text << schema;
  napi_value result;
  check(napi_create_object(env, &result));
  set(env, result, "text", string(env, text.str()));
  set(env, result, "arguments", array(env, arguments));
  set(env, result, "returns", array(env, returns));
  set(env, result, "returnsSelf", boolean(env, writesSelf(schema)));
  return result;
}

// overloads(name): the overload names of "aten::add".
napi_value overloads(napi_env env, const Arguments& args) {
  std::string name = toString(env, args[0], "name");
  std::vector<napi_value> result;
  for (const c10::OperatorName& candidate : c10::Dispatcher::singleton().getAllOpNames())
    if (candidate.name == name) result.push_back(string(env, candidate.overload_name));
  return array(env, result);
}

}  // namespace vit
