#include "runtime/policy/order.hpp"

#include "runtime/graph/order.hpp"

namespace tessera::runtime::policy {
std::vector<std::uint32_t> in_order(const Problem& what, std::span<const std::uint32_t> tasks) {
  constexpr std::uint32_t other = 0xFFFFFFFFu;
  std::vector<std::uint32_t> waits(what.tasks.size(), other), order, first(what.tasks.size() + 1), users;
  for (const std::uint32_t task : tasks) waits[task] = 0;
  const auto each_input = [&](auto&& visit) {
    for (const std::uint32_t task : tasks)
      for (const std::uint32_t input : what.tasks[task].inputs)
        if (const std::uint32_t producer = what.objects[input].producer; producer != nobody && waits[producer] != other) visit(producer, task);
  };
  each_input([&](std::uint32_t producer, std::uint32_t task) { ++first[producer + 1], ++waits[task]; });
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  users.resize(first.back());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  each_input([&](std::uint32_t producer, std::uint32_t task) { users[next[producer]++] = task; });
  for (const std::uint32_t task : tasks)
    if (waits[task] == 0) order.push_back(task);
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::uint32_t at = first[order[i]]; at < first[order[i] + 1]; ++at)
      if (--waits[users[at]] == 0) order.push_back(users[at]);
  return order;
}

graph::Graph graph_of(const Problem& what, std::span<const std::uint32_t> in_order, std::vector<std::uint32_t>& externals) {
  constexpr std::uint32_t other = 0xFFFFFFFFu;
  graph::Graph graph;
  std::vector<std::uint32_t> place(what.tasks.size(), other), external(what.objects.size(), other);
  for (const std::uint32_t task : in_order) {
    place[task] = static_cast<std::uint32_t>(graph.tasks.size());
    graph.tasks.push_back({.key = {}, .inputs_begin = static_cast<std::uint32_t>(graph.inputs.size())});
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      if (producer != nobody && place[producer] != other) {
        graph.inputs.push_back(place[producer]);
        continue;
      }
      if (external[input] == other) {
        external[input] = static_cast<std::uint32_t>(externals.size());
        externals.push_back(input);
      }
      graph.inputs.push_back(external[input] | graph::external_bit);
    }
  }
  return graph;
}

std::vector<std::uint32_t> depth_first(const Problem& what, std::span<const std::uint32_t> in_order) {
  std::vector<std::uint32_t> externals;
  return graph::depth_first_order(graph_of(what, in_order, externals));
}
}  // namespace tessera::runtime::policy
