#include "runtime/base/rng.hpp"
#include "runtime/policy/makers.hpp"

#include <map>
#include <set>

namespace tessera::runtime::policy {
namespace {
class WorkStealing final : public Policy {
 public:
  explicit WorkStealing(std::uint64_t seed) : rng_(seed) {}

  void decide(const View& view, std::vector<Assignment>& out) override {
    const Problem& what = view.what();
    tasks_.resize(what.tasks.size());
    nodes_.resize(what.cpus.size());
    for (const std::uint32_t task : view.newly_lost()) take_from(task);
    for (const std::uint32_t task : view.newly_ended()) take_from(task), waiting_.erase(task);
    waiting_.insert(view.newly_ready().begin(), view.newly_ready().end());
    std::erase_if(waiting_, [&](std::uint32_t task) {
      const std::uint32_t node = place(view, task);
      if (node == nowhere) return false;
      take_from(task);
      tasks_[task].cpus = what.tasks[task].cpus;
      give(task, node);
      return true;
    });
    for (std::uint32_t node = 0; node < nodes_.size(); ++node) steal(view, node);
    for (const std::uint32_t task : given_)
      if (tasks_[task].node != nowhere) out.push_back({task, tasks_[task].node, 0, 0});
    given_.clear();
  }

 private:
  struct Given {
    std::uint32_t node = nowhere, cpus = 0;
    std::uint64_t order = 0;
  };
  struct Node {
    std::int64_t promised = 0;           ///< Cores of all that it was given.
    std::map<std::uint64_t, std::uint32_t> tasks;  ///< In the order in which they were given.
  };

  void take_from(std::uint32_t task) {
    Given& its = tasks_[task];
    if (its.node == nowhere) return;
    nodes_[its.node].promised -= its.cpus;
    nodes_[its.node].tasks.erase(its.order);
    its.node = nowhere;
  }
  void give(std::uint32_t task, std::uint32_t node) {
    Given& its = tasks_[task];
    its.node = node, its.order = next_++;
    nodes_[node].promised += its.cpus;
    nodes_[node].tasks.emplace(its.order, task);
    given_.insert(task);
  }

  /// Where the most of its inputs is; ties, and what has none, are drawn.
  std::uint32_t place(const View& view, std::uint32_t task) {
    const Problem& what = view.what();
    held_.assign(what.cpus.size(), 0);
    for (const std::uint32_t input : what.tasks[task].inputs)
      for (const Location& one : view.places(input)) held_[one.node] += view.size(input) * (one.is_here ? 1 : 0.9);
    std::uint32_t best = nowhere;
    std::uint64_t equals = 0;
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) {
      if (!view.takes_tasks(node) || !what.fits(task, node)) continue;
      if (best != nowhere && held_[node] < held_[best]) continue;
      if (best != nowhere && held_[node] > held_[best]) equals = 0;
      if (rng_.below(++equals) == 0 || equals == 1) best = node;
    }
    return best;
  }

  /// What waits longest for its turn elsewhere, from whoever has most too many, while there are free cores.
  void steal(const View& view, std::uint32_t thief) {
    const Problem& what = view.what();
    const auto free = [&](std::uint32_t node) { return std::int64_t{what.cpus[node]} - nodes_[node].promised; };
    while (view.takes_tasks(thief) && free(thief) > 0) {
      std::uint32_t victim = nowhere, stolen = nowhere;
      for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
        if (free(node) >= 0 || (victim != nowhere && free(node) >= free(victim))) continue;
        if (const std::uint32_t task = last_movable(view, node, thief, free(thief)); task != nowhere) victim = node, stolen = task;
      }
      if (victim == nowhere) return;
      take_from(stolen);
      give(stolen, thief);
    }
  }
  std::uint32_t last_movable(const View& view, std::uint32_t node, std::uint32_t thief, std::int64_t cores) const {
    const auto& tasks = nodes_[node].tasks;
    for (auto at = tasks.rbegin(); at != tasks.rend(); ++at)
      if (std::int64_t{tasks_[at->second].cpus} <= cores && view.what().fits(at->second, thief) && (given_.contains(at->second) || view.is_movable(at->second))) return at->second;
    return nowhere;
  }

  Rng rng_;
  std::vector<Given> tasks_;
  std::vector<Node> nodes_;
  std::set<std::uint32_t> waiting_;      ///< No node can run them now.
  std::set<std::uint32_t> given_;        ///< In this call.
  std::uint64_t next_ = 0;
  std::vector<double> held_;             ///< Scratch of `place`.
};
}  // namespace

std::unique_ptr<Policy> work_stealing(std::uint64_t seed) { return std::make_unique<WorkStealing>(seed); }
}  // namespace tessera::runtime::policy
