#include "runtime/graph/graph.hpp"

#include "runtime/graph/builder.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>

using namespace tessera::runtime;
using namespace tessera::runtime::graph;

namespace {
Graph with_three_inputs(std::uint32_t tasks) {
  Builder builder;
  const std::uint32_t operation = builder.operation("work"), options = builder.options({});
  for (std::uint32_t i = 0; i < tasks; ++i) {
    std::vector<Index> inputs;
    if (i >= 3) inputs = {i - 3, i - 2, i - 1};
    const std::uint32_t params[] = {i};
    builder.add(operation, inputs, std::as_bytes(std::span(params)), options);
  }
  auto built = builder.build();
  return std::move(*built);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_graph_graph)

BOOST_AUTO_TEST_CASE(a_task_with_three_inputs_costs_at_most_100_bytes) {
  constexpr std::uint32_t tasks = 100'000;
  const Graph graph = with_three_inputs(tasks);
  // Its own record and edges, and 16 bytes of parameters; growth of the vectors is not the graph's.
  const std::size_t bytes = graph.tasks.size() * sizeof(Task) + graph.inputs.size() * sizeof(Index) + graph.params.size();
  BOOST_TEST(bytes <= std::size_t{tasks} * 100u);
  // Even with what doubling vectors reserve.
  const std::size_t reserved = graph.tasks.capacity() * sizeof(Task) + graph.inputs.capacity() * sizeof(Index) +
                               graph.params.capacity();
  BOOST_TEST(reserved <= std::size_t{tasks} * 100u);
}

BOOST_AUTO_TEST_CASE(a_graph_that_the_builder_made_is_valid) { BOOST_TEST(static_cast<bool>(validate(with_three_inputs(50)))); }

BOOST_AUTO_TEST_CASE(a_graph_from_outside_that_is_broken_is_refused_with_a_sentence) {
  const std::vector<std::pair<const char*, std::function<void(Graph&)>>> breakages{
      {"operation out of range", [](Graph& g) { g.tasks[5].operation = 1; }},
      {"options out of range", [](Graph& g) { g.tasks[5].options = 7; }},
      {"params begin outside", [](Graph& g) { g.tasks[5].params_begin = g.params.size() + 1; }},
      {"params end outside", [](Graph& g) { g.tasks[5].params_size = 0xFFFFFFFF; }},
      {"inputs go back", [](Graph& g) { g.tasks[5].inputs_begin = 0; }},
      {"inputs outside", [](Graph& g) { g.tasks.back().inputs_begin = static_cast<std::uint32_t>(g.inputs.size() + 1); }},
      {"an input after its task", [](Graph& g) { g.inputs[0] = 40; }},
      {"a task that is its own input", [](Graph& g) { g.inputs[0] = 3; }},
      {"an external that is not there", [](Graph& g) { g.inputs[0] = external_bit | 0; }},
      {"an effects class that is not there", [](Graph& g) { g.options[0].effects = static_cast<Effects>(3); }},
      {"no operations", [](Graph& g) { g.operations.clear(); }}};
  for (const auto& [name, break_it] : breakages) {
    BOOST_TEST_CONTEXT(name) {
      Graph graph = with_three_inputs(50);
      break_it(graph);
      const auto verdict = validate(graph);
      BOOST_REQUIRE(!verdict);
      BOOST_TEST((verdict.failure().code == ErrorCode::bad_message));
      BOOST_TEST(!verdict.failure().message.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
