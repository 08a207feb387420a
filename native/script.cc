// TorchScript: a program with its weights, read from a file and run by libtorch's own interpreter. https://pytorch.org/docs/stable/jit.html
//
// A file gives its outputs alone. What a submodule returns becomes a further output in a copy of the program: calls on the way to that
// submodule are inlined, and a clone is put behind its own, for the program may go on to change the tensor in place.
#include "script.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <map>

#include "one-dnn.h"

namespace vit {

namespace jit = torch::jit;

// By the submodules asked for, the program that gives their results too.
struct Script {
  jit::Module module;
  std::map<std::vector<std::string>, jit::GraphExecutor> tapped;
};

namespace {

Script& toScript(napi_env env, napi_value value, const std::string& what) {
  auto* script = stateOf(env).scripts.get(static_cast<uint32_t>(toInt(env, value, what)));
  if (!script) throw Fault(Fault::Type::Error, "ERR_TORCH_FREED", what + " was freed already");
  return **script;
}

std::vector<std::string> toStrings(napi_env env, napi_value value, const std::string& what) {
  std::vector<std::string> result;
  for (uint32_t i = 0, length = lengthOf(env, value); i < length; ++i) result.push_back(toString(env, vit::at(env, value, i), what));
  return result;
}

// "blocks.0" of what is reached from the program's own module by attributes alone.
std::optional<std::string> pathOf(const jit::Value* value, const jit::Graph& graph) {
  if (value == graph.inputs()[0]) return "";
  if (value->node()->kind() != c10::prim::GetAttr) return std::nullopt;
  auto parent = pathOf(value->node()->input(), graph);
  if (!parent) return std::nullopt;
  return (parent->empty() ? "" : *parent + ".") + value->node()->s(c10::attr::name);
}

bool anyBelow(const std::vector<std::string>& paths, const std::string& path) {
  for (const std::string& each : paths)
    if (each.compare(0, path.size() + 1, path + ".") == 0) return true;
  return false;
}

jit::Value* cloneOf(jit::Value* value, jit::Graph& graph) {
  jit::WithInsertPoint behind(value->node()->next());
  return graph.insert(c10::aten::clone, {value});
}

// Puts the results of the calls of `paths` into `found`; true when a call was inlined, which makes others visible.
bool look(jit::Graph& graph, const std::vector<std::string>& paths, std::map<std::string, jit::Value*>& found) {
  for (jit::Node* node : graph.nodes()) {
    if (node->kind() != c10::prim::CallMethod) continue;
    auto path = pathOf(node->input(0), graph);
    if (!path) continue;
    std::vector<jit::Value*> results = node->outputs().vec();
    bool isInlined = anyBelow(paths, *path);
    if (isInlined) {
      jit::Function& callee = node->input(0)->type()->expectRef<c10::ClassType>().getMethod(node->s(c10::attr::name));
      jit::GraphFunction* function = jit::tryToGraphFunction(callee);
      if (!function) continue;
      results = jit::inlineCallTo(node, function, function->graph().get());
    }
    for (const std::string& each : paths)
      if (each == *path) found[each] = results.at(0);
    if (isInlined) return true;
  }
  return false;
}

std::shared_ptr<jit::Graph> withTaps(const jit::Module& module, const std::vector<std::string>& paths) {
  auto graph = jit::toGraphFunction(module.get_method("forward").function()).graph()->copy();
  std::map<std::string, jit::Value*> found;
  while (look(*graph, paths, found)) {
  }
  for (const std::string& path : paths) {
    if (!found.count(path)) throw Fault(Fault::Type::Error, "ERR_TORCH_SCRIPT", "the program calls no submodule \"" + path + "\" outside of its branches and loops");
    if (!found[path]->type()->isSubtypeOf(c10::TensorType::get()))
      throw Fault(Fault::Type::Error, "ERR_TORCH_SCRIPT", "the submodule \"" + path + "\" returns " + found[path]->type()->str() + ", not one tensor");
    graph->registerOutput(cloneOf(found[path], *graph));
  }
  return graph;
}

// Tensors of a result, however deep in tuples, lists and dicts: "0", "1.hidden".
void flatten(const c10::IValue& value, const std::string& path, std::vector<std::pair<std::string, at::Tensor>>& into) {
  auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (value.isTensor()) {
    into.emplace_back(path.empty() ? "0" : path, value.toTensor());
  } else if (value.isTuple() || value.isList()) {
    auto items = value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
    for (size_t i = 0; i < items.size(); ++i) flatten(items[i], below(std::to_string(i)), into);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict())
      flatten(entry.value(), below(entry.key().isString() ? entry.key().toStringRef() : c10::str(entry.key())), into);
  }
}

}  // namespace

void eachTensor(const Script& script, const std::function<void(const at::Tensor&)>& visit) {
  for (const at::Tensor& parameter : script.module.parameters()) visit(parameter);
  for (const at::Tensor& buffer : script.module.buffers()) visit(buffer);
}

// scriptLoad(path): in evaluation mode, on the CPU
napi_value scriptLoad(napi_env env, const Arguments& args) {
  auto script = std::make_shared<Script>(Script{jit::load(toString(env, args[0], "TorchScript: path"), c10::Device(c10::kCPU)), {}});
  script->module.eval();
  return number(env, stateOf(env).scripts.add(std::move(script)));
}

// scriptFacts(script): [its forward's schema, its submodules, the number of its parameters' elements]
napi_value scriptFacts(napi_env env, const Arguments& args) {
  Script& script = toScript(env, args[0], "TorchScript");
  std::vector<napi_value> names;
  for (const auto& named : script.module.named_modules())
    if (!named.name.empty()) names.push_back(string(env, named.name));
  double elements = 0;
  for (const at::Tensor& parameter : script.module.parameters()) elements += static_cast<double>(parameter.numel());
  auto schema = c10::str(script.module.get_method("forward").function().getSchema());
  return array(env, {string(env, schema), array(env, names), number(env, elements)});
}

napi_value scriptMove(napi_env env, const Arguments& args) {
  Script& script = toScript(env, args[0], "TorchScript");
  script.module.to(toDevice(env, args[1], "TorchScript: device"));
  return nullptr;
}

// scriptForward(script, input, submodules): [names of the results, tensors of the results, tensors of the submodules]; without a gradient
napi_value scriptForward(napi_env env, const Arguments& args) {
  Script& script = toScript(env, args[0], "TorchScript");
  auto paths = toStrings(env, args[2], "TorchScript: submodule");
  at::NoGradGuard noGrad;
  OneDnnGuard guard;
  jit::Stack stack{script.module._ivalue(), toTensor(env, args[1], "TorchScript: input")};
  auto& function = script.module.get_method("forward").function();
  function.getSchema().checkAndNormalizeInputs(stack, {});
  if (paths.empty()) {
    function.run(stack);
  } else {
    auto known = script.tapped.find(paths);
    if (known == script.tapped.end()) known = script.tapped.emplace(paths, jit::GraphExecutor(withTaps(script.module, paths), "forward")).first;
    known->second.run(stack);
  }
  std::vector<std::pair<std::string, at::Tensor>> results;
  flatten(stack.at(0), "", results);
  std::vector<napi_value> names, outputs, taps;
  for (auto& [name, tensor] : results) {
    names.push_back(string(env, name));
    outputs.push_back(handle(env, tensor.detach()));
  }
  for (size_t i = 1; i < stack.size(); ++i) taps.push_back(handle(env, stack[i].toTensor().detach()));
  return array(env, {array(env, names), array(env, outputs), array(env, taps)});
}

napi_value scriptDispose(napi_env env, const Arguments& args) {
  stateOf(env).scripts.remove(static_cast<uint32_t>(toInt(env, args[0], "TorchScript")));
  return nullptr;
}

}  // namespace vit
