/// @file
/// Which node runs one task: pure functions of a const view, one file each.
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/rng.hpp"
#include "runtime/base/units.hpp"

#include <cstdint>
#include <span>

namespace tessera::runtime::policy {
/// What a policy may know of a node.
struct NodeView {
  NodeId id;
  std::uint32_t lanes = 1;
  Duration queued;      ///< Estimated time of the work assigned to it and not done, summed over its lanes.
  Bytes free;           ///< Memory not promised to anybody.
  bool eligible = true; ///< Live, not suspect, and has the resources of the task in question.
  std::uint32_t planned = 0;  ///< Tasks that have their home there and have not ended, the one in question included.
  bool idle = false;          ///< It has room, and nothing that was chosen for it waits.
};

/// One input of the task in question. `holders` are indices into `ClusterView::nodes`; a node to which the producer is
/// assigned counts as a holder.
struct InputView {
  Bytes size;
  std::span<const std::uint32_t> holders;
  std::uint32_t users = 1;    ///< Tasks that still need it, this one included.
};

/// The task in question.
struct TaskView {
  std::span<const InputView> inputs;
  Duration expected;  ///< Learnt per operation.
  std::uint32_t home = 0xFFFFFFFFu;  ///< The node that it was given when it was submitted (dividing.hpp); `nowhere`: none.
};

/// The cluster as the coordinator knows it.
struct ClusterView {
  std::span<const NodeView> nodes;
  Duration latency = microseconds(100);            ///< Of one transfer.
  std::uint64_t bytes_per_second = 1'000'000'000;  ///< Of one transfer.
};

/// What a policy remembers from one decision to the next.
struct State {
  Rng rng{1};
  std::uint64_t turn = 0;
};

/// The chosen node's index in `cluster.nodes`, or `nowhere` if none is eligible. O(nodes x inputs).
using Place = std::uint32_t (*)(const ClusterView& cluster, const TaskView& task, State& state);
inline constexpr std::uint32_t nowhere = 0xFFFFFFFFu;

/// The eligible nodes in turn.
std::uint32_t round_robin(const ClusterView& cluster, const TaskView& task, State& state);
/// Its home, unless the data or a node that runs out of work says otherwise. A task without a home goes where it would start first: queue over lanes + transfer of what is
/// missing; ties by more bytes held, then fewer bytes queued, then the lower index.
std::uint32_t locality(const ClusterView& cluster, const TaskView& task, State& state);
}  // namespace tessera::runtime::policy
