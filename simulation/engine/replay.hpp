/// @file
/// Decisions of a scheduler, carried out on virtual nodes: when tasks and transfers begin and end. docs/simulation.md has the rules.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/policy/policy.hpp"
#include "simulation/engine/network.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::simulation::engine {
using runtime::policy::Assignment;
using runtime::policy::Job;
using runtime::policy::nobody;
using runtime::policy::Object;
using runtime::policy::Task;
using Case = runtime::policy::Problem;

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
/// What a node can hold.
struct NodeLimits {
  double memory = 0;                     ///< MiB; 0: any amount.
  double disk = 0;                       ///< MiB/s, of what goes there and comes back, one thing after the other; 0: there is none, and nothing is spilled.
};
/// Which download is first.
enum class DownloadOrder : std::uint8_t {
  by_priority,                           ///< Of the tasks that need it. What has begun goes to its end.
  in_order,                              ///< As they were asked for.
  preemptive,                            ///< By priority; where its source has no more to give at once, the least urgent that has begun gives way and goes on later: as live.
};
/// How one run goes.
struct Setting {
  NetworkModel network = NetworkModel::simple;
  std::uint32_t downloads_max = 0;       ///< Of one node at a time; 0: any number.
  std::uint32_t downloads_per_source_max = 0;
  DownloadOrder downloads = DownloadOrder::by_priority;
  double interval = 0;                   ///< Seconds from an answer of the scheduler to its next call.
  double scheduling_time = 0;            ///< And from a call to its answer.
  Links links = {};                      ///< Empty: each node has the case's bandwidth in both directions.
  Share share = Share::pair;
  Overheads overheads = {};
  std::vector<NodeEvent> events = {};    ///< By time.
  std::vector<NodeLimits> memory = {};   ///< By node. Empty: all can hold any amount.
  /// Cores go first to what was ready before an instant, then to what becomes ready in it, as it comes, whatever its priority (as in Estee); else all by priority.
  bool one_by_one = false;
  bool learns = false;                   ///< The policy is told what has been measured so far (`Information::learned`).
  /// Seconds of some clock: what a call of the policy takes by it, times `clock_factor`, is scheduling time, too. Such runs differ from each other.
  std::function<double()> clock = {};
  double clock_factor = 1;
};

/// A task's last execution.
struct TaskTimes {
  std::uint32_t task = 0, node = 0;
  double start = 0, end = 0;
  double assigned = 0;                   ///< When it was given to the node on which it ran.
};
/// An execution that came to nothing.
struct LostExecution : TaskTimes {
  double lost = 0;                       ///< When its node, or the last one that had what it made, was lost.
  bool has_ended = false;                ///< Then the task ran again; else it was cut short.
};
/// Of one node, MiB: the most that it held and had reserved, and what went to its disk and came back.
struct MemoryUse { double peak = 0, spilled = 0, loaded = 0; };
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
  std::vector<LostExecution> lost = {};  ///< Both, in the order in which nodes were lost.
  std::uint64_t not_taken = 0;           ///< Assignments of the policy to nodes that were lost or leave.
  std::vector<MemoryUse> memory = {};    ///< By node; empty: none has a limit.
};

/// `cycle` where the graph has one, `no_eligible_node` where a task needs more cores or resources than any node has.
runtime::Result<void> check(const Case& what);
/// `no_eligible_node` where the inputs and outputs of a task are more than the memory of each node that has its cores and resources.
runtime::Result<void> check_memory(const Case& what, const std::vector<NodeLimits>& limits);

/// Fails with `invalid_argument` where a decision names what there is not, or a node with fewer cores than its task needs, and where nothing moves any more: with the
/// tasks that wait, and what for. A decision that comes too late, for a task that runs or a node that is gone, changes nothing.
/// O((tasks + transfers) x what waits on their node + crashes x (tasks + objects)).
runtime::Result<Outcome> replay(const Case& what, const std::vector<Decision>& decisions, const Setting& setting);
}  // namespace tessera::simulation::engine
