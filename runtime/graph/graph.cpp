#include "runtime/graph/graph.hpp"

#include <fmt/format.h>

namespace tessera::runtime::graph {
Result<void> validate(const Graph& graph) {
  const auto bad = [](std::string what) { return Failure{ErrorCode::bad_message, "a graph from outside: " + std::move(what)}; };
  if (graph.tasks.size() >= external_bit) return bad(fmt::format("{} tasks are too many", graph.tasks.size()));
  for (const Options& options : graph.options)
    if (static_cast<std::uint8_t>(options.effects) >= effects_count) return bad("an effects class that does not exist");
  std::uint32_t before = 0;
  for (Index i = 0; i < graph.tasks.size(); ++i) {
    const Task& task = graph.tasks[i];
    if (task.operation >= graph.operations.size() || task.options >= graph.options.size())
      return bad(fmt::format("task {} names an operation or options that are not in its tables", i));
    if (task.params_begin > graph.params.size() || task.params_size > graph.params.size() - task.params_begin)
      return bad(fmt::format("the parameters of task {} lie outside the graph", i));
    if (task.inputs_begin < before || task.inputs_begin > graph.inputs.size())
      return bad(fmt::format("the inputs of task {} lie outside the graph", i));
    before = task.inputs_begin;
  }
  for (Index i = 0; i < graph.tasks.size(); ++i)
    for (const Index input : graph.inputs_of(i))
      if (input & external_bit ? (input & ~external_bit) >= graph.externals.size() : input >= i)
        return bad(fmt::format("task {} has the input {}, which does not come before it", i, input & ~external_bit));
  return {};
}
}  // namespace tessera::runtime::graph
