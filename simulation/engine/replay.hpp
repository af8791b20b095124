/// @file
/// Decisions of a scheduler, carried out on virtual nodes: when tasks and transfers begin and end. docs/simulation.md has the rules.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/policy/policy.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::simulation::engine {
using runtime::policy::Assignment;
using runtime::policy::Object;
using runtime::policy::Task;
using Case = runtime::policy::Problem;

/// Applied at one instant.
struct Decision {
  double time = 0;                       ///< Seconds.
  std::vector<Assignment> assignments;
};

enum class NetworkModel : std::uint8_t { simple, maxmin };
/// How one run goes.
struct Setting {
  NetworkModel network = NetworkModel::simple;
  std::uint32_t downloads_max = 0;       ///< Of one node at a time; 0: any number.
  std::uint32_t downloads_per_source_max = 0;
  double interval = 0;                   ///< Seconds from an answer of the scheduler to its next call.
  double scheduling_time = 0;            ///< And from a call to its answer.
};

struct TaskTimes { std::uint32_t task = 0, node = 0; double start = 0, end = 0; };
struct TransferTimes { std::uint32_t object = 0, from = 0, to = 0; double start = 0, end = 0; };
struct Outcome {
  double makespan = 0;                   ///< With the scheduler's last call.
  double last_task_end = 0, sum_task_end = 0;
  double total_transfer = 0;             ///< MiB.
  std::uint64_t transfer_count = 0;
  std::vector<TaskTimes> tasks;          ///< In the order of the tasks.
  std::vector<TransferTimes> transfers;  ///< In the order in which they began.
};

/// `cycle` where the graph has one, `no_eligible_node` where a task needs more cores than any node has.
runtime::Result<void> check(const Case& what);

/// Fails with `invalid_argument` where a decision names what there is not, or a node with fewer cores than its task needs, and where nothing moves any more: with the
/// tasks that wait, and what for. O((tasks + transfers) x what waits on their node).
runtime::Result<Outcome> replay(const Case& what, const std::vector<Decision>& decisions, const Setting& setting);
}  // namespace tessera::simulation::engine
