/// @file
/// What tasks of a run waited for, and which chain of tasks made it as long as it is.
#pragma once
#include "simulation/engine/replay.hpp"

#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace tessera::simulation::experiment {
/// An input of a task, seen from the node where it ran.
struct Arrival {
  std::uint32_t object = 0, from = 0;    ///< The node that made it.
  double size = 0;                       ///< MiB.
  double made = 0, begun = 0, arrived = 0;  ///< `begun`: of the transfer; where there was none, that of `made`.
  bool is_moved = false;
};
/// Seconds of a task before its start; their sum is its start.
struct Waits {
  double inputs = 0;                     ///< Until the last of its inputs was made.
  double lost = 0;                       ///< Then until the last of its executions before came to nothing.
  double scheduler = 0;                  ///< Then until it was given to its node, while some node had room for it.
  double data = 0;                       ///< Then until all inputs were there.
  double cores = 0;                      ///< While it could go to no node as none had room, and on its node until enough cores were free.
};
/// A task of the chain, with what lies between the end of the one before it and its own.
struct Step {
  std::uint32_t task = 0, node = 0;
  double lost = 0, scheduler = 0, transfer = 0, cores = 0, compute = 0;  ///< Seconds, as `Waits` says.
  double end = 0;                        ///< Of this execution: another one may have followed it.
  std::optional<std::uint32_t> object;   ///< Whose maker is the step before; nothing: it has no inputs.
  std::optional<std::uint32_t> last;     ///< Which arrived last: often the same.
  std::optional<std::uint32_t> held_by;  ///< The task whose end there gave it its cores, if it waited for them.
};
struct Path {
  std::vector<Step> steps;               ///< From the beginning.
  double after = 0;                      ///< From the last end until the scheduler's last answer.
  double compute = 0, transfer = 0, cores = 0, scheduler = 0, lost = 0;  ///< Sums of all steps, `after` with the scheduler; together the makespan.
};

/// Looks into one run; both stay as long as it. Of a task that ran several times, as nodes were lost, `arrivals` and `waits` tell of the last one.
class Account {
 public:
  Account(const engine::Case& what, const engine::Outcome& outcome);
  /// Of each object that it needs, once.
  std::vector<Arrival> arrivals(std::uint32_t task) const { return arrivals(outcome_.tasks[task]); }
  Waits waits(std::uint32_t task) const { return waits(outcome_.tasks[task]); }
  /// From the task that ended last, each time to the maker of the input that arrived last; but where that could have come earlier, had the task been given to its node, to the maker of
  /// the input that was made last before that. O(log tasks) for each input of a task of the chain.
  Path critical_path() const;

 private:
  std::vector<Arrival> arrivals(const engine::TaskTimes& its) const;
  Waits waits(const engine::TaskTimes& its) const;
  Step step(const engine::TaskTimes& its, const std::vector<Arrival>& inputs) const;
  /// The execution whose results others had then.
  const engine::TaskTimes& made_by(std::uint32_t task, double until) const;
  /// When the execution before came to nothing; 0: there was none.
  double lost_before(const engine::TaskTimes& its) const;
  /// Another task that ended on its node then.
  std::optional<std::uint32_t> ended_there(const engine::TaskTimes& its, double at) const;
  /// Seconds in which no node had so many cores that were not promised to a task.
  double without_room(double from, double to, std::uint32_t cpus) const;

  const engine::Case& what_;
  const engine::Outcome& outcome_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::size_t>> transfers_;  ///< By object and target, in the order in which they began.
  std::map<std::uint32_t, std::vector<const engine::LostExecution*>> earlier_;  ///< By task, in their order.
  std::vector<std::tuple<std::uint32_t, double, std::uint32_t>> ends_;                ///< Node, end and task, in order.
  std::vector<std::pair<double, std::int64_t>> room_;  ///< From when on no node has had more free cores than so many.
};
}  // namespace tessera::simulation::experiment
