/// @file
/// A recorded job as a case of the engine, with what happened.
#pragma once
#include "runtime/coordinator/recording.hpp"
#include "simulation/engine/replay.hpp"

#include <string>
#include <vector>

namespace tessera::simulation::recorded {
/// One task of the case is one attempt that ended on a node: with a result, with an error, or with a graph in its place. What was computed again is a task again, and who
/// used it depends on the one that was there. What a program put there is a task of no length on a node of its own.
struct LiveRun {
  engine::Case what;
  engine::Outcome outcome;                    ///< As it ran. Seconds since the first submission.
  std::vector<engine::Decision> decisions;    ///< As the coordinator made them. A higher priority is what its node runs first.
  std::vector<std::string> nodes;             ///< Their names, in the order of `what.cpus`.
  std::vector<std::uint32_t> programs;        ///< Of these nodes: those that compute nothing and only have data.
  std::vector<std::string> operations;        ///< Of each task.
  std::vector<runtime::Key> keys;             ///< Of each task.
  std::vector<bool> is_data;                  ///< Of each task: a program put it there.
  std::uint64_t submissions = 0, failed = 0, again = 0, lost = 0;  ///< Attempts: with an error; of a task that had a result before; without an end.
};

/// Ends of attempts are those of their nodes' clocks, which are set by the report that was the least under way; transfers are there when the first that needs them begins, or
/// is reported, and began when they were first wanted. `what.bandwidth` is left 0. `bad_input` where no task ended.
runtime::Result<LiveRun> live_run(const runtime::coordinator::JobRecording& job);
/// The run as if what programs put there were everywhere at no cost, for policies that may give any task to any node.
LiveRun without_data(const LiveRun& run);
}  // namespace tessera::simulation::recorded
