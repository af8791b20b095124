#include "runtime/graph/order.hpp"

#include <algorithm>

namespace tessera::runtime::graph {
namespace {
/// Work behind each task: its own and its inputs', shared ones counted each time, saturating.
std::vector<std::uint32_t> weights(const Graph& graph) {
  std::vector<std::uint32_t> weight(graph.tasks.size(), 1);
  for (Index i = 0; i < graph.tasks.size(); ++i) {
    std::uint64_t sum = 1;
    for (const Index input : graph.inputs_of(i))
      if (!(input & external_bit)) sum += weight[input];
    weight[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, 0xFFFFFFFFu));
  }
  return weight;
}
}  // namespace

std::vector<std::uint32_t> depth_first_order(const Graph& graph) {
  constexpr std::uint32_t unranked = 0xFFFFFFFFu;
  const Index count = static_cast<Index>(graph.tasks.size());
  std::vector<std::uint32_t> rank(count, unranked);
  std::vector<bool> is_input(count);
  for (const Index input : graph.inputs)
    if (!(input & external_bit)) is_input[input] = true;
  const std::vector<std::uint32_t> weight = weights(graph);
  std::uint32_t next = 0;
  std::vector<Index> stack;
  for (Index final = 0; final < count; ++final) {
    if (is_input[final]) continue;
    stack.push_back(final);
    while (!stack.empty()) {
      const Index task = stack.back();
      if (rank[task] != unranked) {
        stack.pop_back();
        continue;
      }
      const std::size_t before = stack.size();
      for (const Index input : graph.inputs_of(task))
        if (!(input & external_bit) && rank[input] == unranked) stack.push_back(input);
      if (stack.size() == before) {
        rank[task] = next++;
        stack.pop_back();
        continue;
      }
      // The heaviest input lies on top: it holds little for long, the light ones come when it is done.
      std::sort(stack.begin() + static_cast<std::ptrdiff_t>(before), stack.end(), [&](Index a, Index b) {
        return weight[a] != weight[b] ? weight[a] < weight[b] : a > b;
      });
    }
  }
  return rank;
}
}  // namespace tessera::runtime::graph
