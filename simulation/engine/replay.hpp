/// @file
/// Decisions of a scheduler, carried out on virtual nodes: when tasks and transfers begin and end. docs/simulation.md has the rules.
#pragma once
#include "runtime/base/result.hpp"
#include "simulation/engine/network.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::simulation::engine {
/// In place of a task or node: there is none.
constexpr std::uint32_t nobody = 0xFFFFFFFFu;

struct Object {
  double size = 0;                       ///< MiB.
  std::uint32_t producer = 0;            ///< A task; `nobody`: it is there from the beginning.
  std::uint32_t home = nobody;           ///< Where it is then.
  double expected_size = size;           ///< As its user thinks.
};
struct Task {
  std::string name;
  double duration = 0;                   ///< Seconds, but for `Case::times`.
  std::uint32_t cpus = 1;
  std::vector<std::uint32_t> inputs, outputs;  ///< Objects.
  double expected_duration = duration;   ///< As its user thinks.
  std::uint32_t kind = 0;                ///< Those of one kind do the same; its place in `Case::kinds`.
};
/// Tasks of which nobody knows before it arrives.
struct Job {
  std::string name;
  double arrival = 0;                    ///< Seconds.
  std::uint32_t first = 0, end = 0;      ///< Its tasks: from `first` to before `end`.
};
struct Case {
  std::string name;
  std::vector<Task> tasks;
  std::vector<Object> objects;
  std::vector<std::uint32_t> cpus;       ///< Of each node.
  double bandwidth = 0;                  ///< MiB/s.
  std::vector<std::string> kinds = {};   ///< Names; empty: all tasks are of one kind.
  std::vector<std::vector<double>> times = {};             ///< By kind and node: a task takes its duration times this. Empty: 1.
  std::vector<std::string> resources = {};                 ///< Names of what tasks take besides cores.
  std::vector<std::vector<std::uint32_t>> needs = {};      ///< By task: of each resource. Empty: none need any.
  std::vector<std::vector<std::uint32_t>> amounts = {};    ///< By node: of each resource.
  std::vector<Job> jobs = {};                              ///< Tasks of none are known from the beginning.
  std::vector<std::uint32_t> revealed_by = {};             ///< By task: known only from the end of that task on, or `nobody`. Empty: all are `nobody`.

  double duration_on(std::uint32_t task, std::uint32_t node) const { return times.empty() ? tasks[task].duration : tasks[task].duration * times[tasks[task].kind][node]; }
  /// The node has as many cores, and as much of each resource.
  bool fits(std::uint32_t task, std::uint32_t node) const;
  /// The place of that name in `kinds`, where it is added if need be.
  std::uint32_t kind(const std::string& its);
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

enum class NetworkModel : std::uint8_t {
  simple, maxmin,
  none,                                  ///< Transfers take no time.
};
/// What scheduler and nodes take besides, in seconds.
struct Overheads {
  double message = 0;                    ///< An assignment is on its way to its node for so long.
  double scheduler_message = 0;          ///< Of the scheduler, for each end of a task or transfer that it is told of.
  double scheduler_task = 0;             ///< And for each task that it gives to a node.
  double node_message = 0;               ///< Of a node, for each assignment, one after the other; and for each download, before it begins.
  double node_task = 0;                  ///< The cores of each task are taken so much longer before it runs.
};
/// What happens to a node. One whose first event is `join` is not there before it.
struct NodeEvent {
  enum class What : std::uint8_t {
    join,                                ///< It is there, and has nothing.
    leave,                               ///< It gets no more tasks, finishes those that it has, and goes on giving what it holds.
    crash,                               ///< All that it did and all that it held is gone.
    slow,                                ///< From now on it does `speed` times as much in a second as at the beginning, of what runs there, too.
  };
  double time = 0;                       ///< Seconds.
  std::uint32_t node = 0;
  What what = What::crash;
  double speed = 1;
};
/// How one run goes.
struct Setting {
  NetworkModel network = NetworkModel::simple;
  std::uint32_t downloads_max = 0;       ///< Of one node at a time; 0: any number.
  std::uint32_t downloads_per_source_max = 0;
  double interval = 0;                   ///< Seconds from an answer of the scheduler to its next call.
  double scheduling_time = 0;            ///< And from a call to its answer.
  Links links = {};                      ///< Empty: each node has the case's bandwidth in both directions.
  Share share = Share::pair;
  Overheads overheads = {};
  std::vector<NodeEvent> events = {};    ///< By time.
  bool learns = false;                   ///< The policy is told what has been measured so far (`Information::learned`).
  /// Seconds of some clock: what a call of the policy takes by it, times `clock_factor`, is scheduling time, too. Such runs differ from each other.
  std::function<double()> clock = {};
  double clock_factor = 1;
};

/// A task's last execution.
struct TaskTimes { std::uint32_t task = 0, node = 0; double start = 0, end = 0; };
struct TransferTimes { std::uint32_t object = 0, from = 0, to = 0; double start = 0, end = 0; };
struct Outcome {
  double makespan = 0;                   ///< With the scheduler's last call.
  double last_task_end = 0, sum_task_end = 0;
  double total_transfer = 0;             ///< MiB.
  std::uint64_t transfer_count = 0;
  std::vector<TaskTimes> tasks;          ///< In the order of the tasks.
  std::vector<TransferTimes> transfers;  ///< In the order in which they began. One that a lost node cut short ends there, and is in no sum.
  std::uint64_t cut_short = 0;           ///< Executions that ended with their node.
  std::uint64_t made_again = 0;          ///< Tasks that had ended and ran again, as what they made was lost.
};

/// `cycle` where the graph has one, `no_eligible_node` where a task needs more cores or resources than any node has.
runtime::Result<void> check(const Case& what);

/// Fails with `invalid_argument` where a decision names what there is not, or a node with fewer cores than its task needs, and where nothing moves any more: with the
/// tasks that wait, and what for. A decision that comes too late, for a task that runs or a node that is gone, changes nothing.
/// O((tasks + transfers) x what waits on their node + crashes x (tasks + objects)).
runtime::Result<Outcome> replay(const Case& what, const std::vector<Decision>& decisions, const Setting& setting);
}  // namespace tessera::simulation::engine
