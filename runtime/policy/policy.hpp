/// @file
/// Which node runs which task, and in what order: the one seam between who decides and who carries it out. The live coordinator and the simulator's engine call
/// the same objects. docs/simulation.md has the rules of when, and how to write one.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/policy/placement.hpp"
#include "runtime/policy/problem.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::runtime::policy {
/// Where an object is.
struct Location {
  std::uint32_t node = 0;
  bool is_here = false;                  ///< Else it is on its way, or will be.
};

/// A task is given to a node. What is given early waits there for its inputs.
struct Assignment {
  std::uint32_t task = 0, node = 0;
  double priority = 0;                   ///< On its node the highest starts first.
  double blocking = 0;                   ///< While it waits for cores, what has a smaller priority than this does not start on its node. Only in the simulator.
};

/// What a policy may look at when it is called. What ended or lost its node comes before what came to be known: live, an index may be both, of one task and of the next.
class View {
 public:
  virtual ~View() = default;
  /// As the policy knows it: durations and sizes may be others than those that happen.
  virtual const Problem& what() const = 0;
  virtual double now() const = 0;        ///< Seconds.
  /// Tasks of jobs and of graphs that grow may not be known yet: nothing may be decided of them.
  virtual bool is_known(std::uint32_t task) const = 0;
  /// Tasks that have come to be known since the last call, in their order.
  virtual std::span<const std::uint32_t> newly_known() const = 0;
  /// Tasks all of whose inputs have come to exist since the last call, and those that need a node again, as theirs was lost or did not take them; in their order.
  virtual std::span<const std::uint32_t> newly_ready() const = 0;
  /// Tasks that were given to a node and have it no more, as it was lost or did not take them. Those whose inputs still exist are also ready anew.
  virtual std::span<const std::uint32_t> newly_lost() const = 0;
  /// Tasks that have ended since the last call, or are no longer wanted.
  virtual std::span<const std::uint32_t> newly_ended() const = 0;
  /// Nodes on which tasks have ended since the last call, and those that have joined, leave or were lost; at least once each.
  virtual std::span<const std::uint32_t> newly_free() const = 0;
  /// Cores of the node that no task has that was given to it and has not ended. Below 0: it has more tasks than cores.
  virtual std::int64_t free_cores(std::uint32_t node) const = 0;
  /// The same of one of `Problem::resources`.
  virtual std::int64_t free_amount(std::uint32_t, std::uint32_t) const { return 0; }
  /// It is there and does not leave. Others have no free cores, and what is given to them is not taken.
  virtual bool takes_tasks(std::uint32_t node) const { return what().cpus[node] > 0; }
  /// Of an object that exists: the nodes that have it, or get it for a task that they were given, by their numbers.
  virtual std::span<const Location> places(std::uint32_t object) const = 0;
  /// It was given to a node, which has not been lost since.
  virtual bool has_node(std::uint32_t task) const = 0;
  /// What `what` says, or, where the scheduler learns, what is expected after all that has been measured.
  virtual double duration(std::uint32_t task) const { return what().tasks[task].duration; }
  virtual double size(std::uint32_t object) const { return what().objects[object].size; }
  /// Whether a task that was given to a node could still be given to another one.
  virtual bool is_movable(std::uint32_t task) const = 0;
};

class Policy {
 public:
  virtual ~Policy() = default;
  /// Called when something has changed. `out` is empty; what is added is applied as one batch, by falling priority. What cannot be done (any more) is left out: a task
  /// that has begun stays where it is. Live, one that throws is not asked again: the coordinator places what is left; a simulated run ends with its words.
  virtual void decide(const View& view, std::vector<Assignment>& out) = 0;
  /// Of policies that need nothing but the task and the nodes: who asks may call it for one task after the other instead, whenever a node has room.
  virtual Place one_by_one() const { return nullptr; }
  /// Of these: whether tasks have homes (dividing.hpp). Then a node with room is asked for the last task that waits for another one, too.
  virtual bool has_homes() const { return false; }
};

/// Calls `decide`. What it threw, in words; then `out` is empty.
std::optional<std::string> ask(Policy& policy, const View& view, std::vector<Assignment>& out);

using Make = std::unique_ptr<Policy> (*)(std::uint64_t seed);
/// The policy of that name, or null; one whose constructor throws is a policy that throws when it is asked. Chance comes from the seed alone. docs/simulation.md says what each does; `check` and `names` know the same names.
std::unique_ptr<Policy> make(std::string_view name, std::uint64_t seed);
/// `invalid_argument`, with the names that there are.
Result<void> check(std::string_view name);
/// Sorted.
std::vector<std::string> names();
/// One more, for the rest of the process's life. `key_conflict` if there is one of that name, `invalid_argument` if it is no word. To be called before a cluster starts.
Result<void> add(std::string name, Make make);
}  // namespace tessera::runtime::policy
