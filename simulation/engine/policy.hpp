/// @file
/// A scheduler that decides while the graph runs. docs/simulation.md has the rules of when it is called.
#pragma once
#include "simulation/engine/replay.hpp"

#include <functional>
#include <span>

namespace tessera::simulation::engine {
/// What a policy may look at when it is called.
class View {
 public:
  virtual ~View() = default;
  virtual const Case& what() const = 0;
  virtual double now() const = 0;        ///< Seconds.
  /// Tasks all of whose inputs have come to exist since the last call, in their order.
  virtual std::span<const std::uint32_t> newly_ready() const = 0;
  /// Cores of the node that no task has that was given to it and has not ended. Below 0: it has more tasks than cores.
  virtual std::int64_t free_cores(std::uint32_t node) const = 0;
  enum class Where : std::uint8_t { elsewhere, coming, here };
  /// Of an object that exists: whether the node has it, or gets it for a task that it was given. O(log).
  virtual Where where(std::uint32_t object, std::uint32_t node) const = 0;
};

/// Called at time 0, and after ends of tasks and transfers (docs/simulation.md, rule 1).
class Policy {
 public:
  virtual ~Policy() = default;
  virtual void decide(const View& view, std::vector<Assignment>& out) = 0;
};

/// Runs the case with what the policy decides. Fails as `replay` does. Same case, policy and setting: same outcome.
runtime::Result<Outcome> simulate(const Case& what, Policy& policy, const Setting& setting);
}  // namespace tessera::simulation::engine
