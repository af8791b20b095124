#include "runtime/policy/placement.hpp"

namespace tessera::runtime::policy {
std::uint32_t round_robin(const ClusterView& cluster, const TaskView&, State& state) {
  const std::size_t count = cluster.nodes.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (state.turn + i) % count;
    if (!cluster.nodes[at].eligible) continue;
    state.turn = at + 1;
    return static_cast<std::uint32_t>(at);
  }
  return nowhere;
}
}  // namespace tessera::runtime::policy
