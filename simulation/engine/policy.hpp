/// @file
/// A scheduler that decides while the graph runs. docs/simulation.md has the rules of when it is called.
#pragma once
#include "simulation/engine/information.hpp"
#include "simulation/engine/replay.hpp"

#include <functional>
#include <span>

namespace tessera::simulation::engine {
struct Place {
  std::uint32_t node = 0;
  bool is_here = false;                  ///< Else it is on its way, or will be.
};

/// What a policy may look at when it is called.
class View {
 public:
  virtual ~View() = default;
  /// The case as the policy knows it: durations and sizes may be others than those that happen.
  virtual const Case& what() const = 0;
  virtual double now() const = 0;        ///< Seconds.
  /// Tasks all of whose inputs have come to exist since the last call, and those that need a node again, as theirs was lost or did not take them; in their order.
  virtual std::span<const std::uint32_t> newly_ready() const = 0;
  /// Cores of the node that no task has that was given to it and has not ended. Below 0: it has more tasks than cores.
  virtual std::int64_t free_cores(std::uint32_t node) const = 0;
  /// The same of one of `Case::resources`.
  virtual std::int64_t free_amount(std::uint32_t, std::uint32_t) const { return 0; }
  /// It is there and does not leave. Others have no free cores, and what is given to them is not taken.
  virtual bool takes_tasks(std::uint32_t) const { return true; }
  /// Nodes on which tasks have ended since the last call, once for each, and those that have joined, leave or were lost.
  virtual std::span<const std::uint32_t> newly_free() const = 0;
  /// Of an object that exists: the nodes that have it, or get it for a task that they were given, by their numbers.
  virtual std::span<const Place> places(std::uint32_t object) const = 0;
  /// It was given to a node, which has not been lost since.
  virtual bool has_node(std::uint32_t) const { return false; }
  /// Tasks of jobs and of graphs that grow may not be known yet: nothing may be decided of them.
  virtual bool is_known(std::uint32_t) const { return true; }
  /// Those that have become known since the last call, in their order; what is known from the beginning is not listed.
  virtual std::span<const std::uint32_t> newly_known() const { return {}; }
  /// What `what` says, or, where the scheduler learns, what is expected after all that has been measured.
  virtual double duration(std::uint32_t task) const { return what().tasks[task].duration; }
  virtual double size(std::uint32_t object) const { return what().objects[object].size; }
};

/// Called at time 0, and after ends of tasks and transfers (docs/simulation.md, rule 1).
class Policy {
 public:
  virtual ~Policy() = default;
  virtual void decide(const View& view, std::vector<Assignment>& out) = 0;
};

/// Runs the case with what the policy decides, which it knows as `known`. Fails as `replay` does. Same case, policy and setting: same outcome.
runtime::Result<Outcome> simulate(const Case& what, const Case& known, Policy& policy, const Setting& setting);
}  // namespace tessera::simulation::engine
