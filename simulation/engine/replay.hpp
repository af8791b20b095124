/// @file
/// Decisions of a scheduler, carried out on virtual nodes: when tasks and transfers begin and end. docs/simulation.md has the rules.
#pragma once
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::simulation::engine {
struct Object {
  double size = 0;                       ///< MiB.
  std::uint32_t producer = 0;            ///< A task.
  double expected_size = size;           ///< As its user thinks.
};
struct Task {
  std::string name;
  double duration = 0;                   ///< Seconds, on any node.
  std::uint32_t cpus = 1;
  std::vector<std::uint32_t> inputs, outputs;  ///< Objects.
  double expected_duration = duration;   ///< As its user thinks.
};
struct Case {
  std::string name;
  std::vector<Task> tasks;
  std::vector<Object> objects;
  std::vector<std::uint32_t> cpus;       ///< Of each node.
  double bandwidth = 0;                  ///< MiB/s.
};

struct Assignment {
  std::uint32_t task = 0, node = 0;
  double priority = 0;
  double blocking = 0;                   ///< While it waits for cores, what has a smaller priority than this does not start on its node.
};
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

struct TaskTimes {
  std::uint32_t task = 0, node = 0;
  double start = 0, end = 0;
  double assigned = 0;                   ///< When it was given to the node for the last time before its start.
};
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
