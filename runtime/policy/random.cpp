#include "runtime/policy/placement.hpp"

namespace tessera::runtime::policy {
std::uint32_t random(const ClusterView& cluster, const TaskView&, State& state) {
  std::uint64_t eligible = 0;
  for (const NodeView& node : cluster.nodes) eligible += node.eligible;
  if (eligible == 0) return nowhere;
  std::uint64_t chosen = state.rng.below(eligible);
  for (std::uint32_t i = 0; i < cluster.nodes.size(); ++i)
    if (cluster.nodes[i].eligible && chosen-- == 0) return i;
  return nowhere;
}
}  // namespace tessera::runtime::policy
