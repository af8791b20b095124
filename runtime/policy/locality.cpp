#include "runtime/policy/placement.hpp"

#include <algorithm>
#include <tuple>

namespace tessera::runtime::policy {
namespace {
/// Nanoseconds to move `bytes`, saturating.
std::int64_t transfer_ns(const ClusterView& cluster, std::uint64_t bytes) {
  const std::uint64_t per_second = std::max<std::uint64_t>(1, cluster.bytes_per_second);
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes / per_second, 1'000'000) * 1'000'000'000 +
                                   bytes % per_second * 1'000 / std::max<std::uint64_t>(1, per_second / 1'000'000));
}
}  // namespace

std::uint32_t locality(const ClusterView& cluster, const TaskView& task, State&) {
  std::uint32_t best = nowhere;
  std::tuple<std::int64_t, std::uint64_t, std::int64_t> best_score;
  for (std::uint32_t i = 0; i < cluster.nodes.size(); ++i) {
    const NodeView& node = cluster.nodes[i];
    if (!node.eligible) continue;
    std::uint64_t missing = 0, held = 0;
    bool moves = false;
    for (const InputView& input : task.inputs) {
      const bool here = std::find(input.holders.begin(), input.holders.end(), i) != input.holders.end();
      (here ? held : missing) += input.size.value;
      moves |= !here;
    }
    const std::int64_t wait = node.queued.ns / std::max(1u, node.lanes);
    const std::int64_t start = wait + (moves ? cluster.latency.ns + transfer_ns(cluster, missing) : 0);
    const std::tuple score{start, ~held, node.queued.ns};
    if (best == nowhere || score < best_score) best = i, best_score = score;
  }
  return best;
}
}  // namespace tessera::runtime::policy
