#include "runtime/policy/placement.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tessera::runtime::policy {
namespace {
/// Nanoseconds to move `bytes`, saturating.
std::int64_t transfer_ns(const ClusterView& cluster, std::uint64_t bytes) {
  const std::uint64_t per_second = std::max<std::uint64_t>(1, cluster.bytes_per_second);
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes / per_second, 1'000'000) * 1'000'000'000 +
                                   bytes % per_second * 1'000 / std::max<std::uint64_t>(1, per_second / 1'000'000));
}
/// What a task is not moved for from its home: less to transfer (and a third of it: who still needs what depends on the moment), and more that is planned there than
/// on another node, as far as balanced runs differ by chance.
constexpr Duration transfer_min = milliseconds(1), ahead_min = milliseconds(250);

/// Of what the node lacks, and the task's part of it: what others need as well is not for one task to pay. What does not exist yet (its size is 0) counts as the largest that does,
/// so that no choice depends on which input was there first.
struct Transfers { std::int64_t all_ns = 0, part_ns = 0; };
Transfers transfers_to(const ClusterView& cluster, const TaskView& task, std::uint32_t node) {
  Transfers sum;
  std::uint64_t largest = 0;
  for (const InputView& input : task.inputs) largest = std::max(largest, input.size.value);
  for (const InputView& input : task.inputs) {
    if (std::ranges::find(input.holders, node) != input.holders.end()) continue;
    const std::int64_t its_ns = transfer_ns(cluster, input.size.value > 0 ? input.size.value : largest);
    sum.all_ns += its_ns, sum.part_ns += its_ns / std::max(1u, input.users);
  }
  return sum;
}

std::int64_t planned_ns(const NodeView& node, std::uint32_t but, const TaskView& task) {
  constexpr std::int64_t most = 1'000'000;  // Of tasks and of milliseconds: their product is a number.
  return std::min<std::int64_t>(node.planned - std::min(node.planned, but), most) * std::min(task.expected, milliseconds(most)).ns / std::max(1u, node.lanes);
}

/// Depends on what is decided, not on when nodes report it, unless one falls far behind the others.
std::uint32_t at_home(const ClusterView& cluster, const TaskView& task) {
  std::uint32_t best = task.home, idlest = nowhere;
  std::int64_t best_ns = transfers_to(cluster, task, best).part_ns, idlest_ns = 0;
  const std::int64_t home_ns = best_ns;
  for (std::uint32_t i = 0; i < cluster.nodes.size(); ++i) {
    const NodeView& node = cluster.nodes[i];
    if (!node.eligible) continue;
    if (i != task.home && home_ns > 0) {
      const std::int64_t its_ns = transfers_to(cluster, task, i).part_ns;
      if (its_ns < best_ns && its_ns / 2 * 3 + transfer_min.ns < home_ns) best = i, best_ns = its_ns;
    }
    const std::int64_t planned = planned_ns(node, i == task.home ? 1 : 0, task);
    if (node.idle && (idlest == nowhere || planned < idlest_ns)) idlest = i, idlest_ns = planned;
  }
  if (idlest == nowhere) return best;
  const std::int64_t ahead_ns = planned_ns(cluster.nodes[best], best == task.home ? 1 : 0, task) - idlest_ns;
  if (ahead_ns > ahead_min.ns && ahead_ns > 2 * transfers_to(cluster, task, idlest).all_ns) return idlest;
  return best;
}
}  // namespace

std::uint32_t locality(const ClusterView& cluster, const TaskView& task, State&) {
  if (task.home < cluster.nodes.size() && cluster.nodes[task.home].eligible) return at_home(cluster, task);
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
