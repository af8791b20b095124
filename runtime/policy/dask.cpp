#include "runtime/policy/makers.hpp"
#include "runtime/policy/order.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace tessera::runtime::policy {
namespace {
/// After dask.distributed 2022.11 and later: `decide_worker_non_rootish`, queuing with `worker-saturation`, and stealing by the ratio of work to transfer
/// (distributed/scheduler.py, distributed/stealing.py). What it knows of durations and sizes is what the view says.
class LikeDask final : public Policy {
 public:
  void decide(const View& view, std::vector<Assignment>& out) override {
    const Problem& what = view.what();
    nodes_.resize(what.cpus.size());
    for (const std::uint32_t task : view.newly_lost()) take_from(task);
    for (const std::uint32_t task : view.newly_ended()) {
      queued_.erase({tasks_[task].rank, task});
      take_from(task);
    }
    learn(view);
    for (const std::uint32_t task : view.newly_ready()) {
      take_from(task);
      const std::uint32_t node = what.tasks[task].inputs.empty() ? nowhere : start_first(view, task);
      if (node == nowhere) queued_.insert({tasks_[task].rank, task});
      else give(view, task, node);
    }
    while (!queued_.empty()) {
      const std::uint32_t task = queued_.begin()->second, node = idlest(view, task);
      if (node == nowhere) break;
      queued_.erase(queued_.begin());
      give(view, task, node);
    }
    for (std::uint32_t node = 0; node < nodes_.size(); ++node)
      if (view.takes_tasks(node) && nodes_[node].tasks.size() < what.cpus[node]) steal(view, node);
    for (const std::uint32_t task : given_)
      if (tasks_[task].node != nowhere) out.push_back({task, tasks_[task].node, -static_cast<double>(tasks_[task].rank), 0});
    given_.clear();
  }

 private:
  static constexpr double saturation = 1.1;
  static constexpr double latency = 0.1;   ///< Seconds that moving a task takes besides, as distributed assumes.
  struct Known {
    std::uint64_t rank = 0;
    std::uint32_t node = nowhere;
    double booked = 0;
  };
  struct Node {
    double occupancy = 0;                ///< Seconds of work and transfers of all that it was given.
    std::set<std::pair<std::uint64_t, std::uint32_t>> tasks;
  };

  void learn(const View& view) {
    if (view.newly_known().empty()) return;
    tasks_.resize(view.what().tasks.size());
    const auto order = in_order(view.what(), view.newly_known()), rank = depth_first(view.what(), order);
    for (std::size_t i = 0; i < order.size(); ++i) tasks_[order[i]] = {generation_ << 32 | rank[i]};
    ++generation_;
  }

  double transfer(const View& view, std::uint32_t task, std::uint32_t node) const {
    const Problem& what = view.what();
    double missing = 0;
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (std::ranges::none_of(view.places(input), [&](const Location& one) { return one.node == node && one.is_here; })) missing += view.size(input);
    return what.bandwidth > 0 ? missing / what.bandwidth : 0;
  }

  void take_from(std::uint32_t task) {
    Known& its = tasks_[task];
    if (its.node == nowhere) return;
    nodes_[its.node].occupancy -= its.booked;
    nodes_[its.node].tasks.erase({its.rank, task});
    if (nodes_[its.node].tasks.empty()) nodes_[its.node].occupancy = 0;  // Not what rounding leaves.
    its.node = nowhere;
  }
  void give(const View& view, std::uint32_t task, std::uint32_t node) {
    Known& its = tasks_[task];
    its.node = node;
    its.booked = view.duration(task) + transfer(view, task, node);
    nodes_[node].occupancy += its.booked;
    nodes_[node].tasks.insert({its.rank, task});
    given_.insert(task);
  }

  /// Of the nodes that have an input the one where it should start first; of all, if none of those can run it.
  std::uint32_t start_first(const View& view, std::uint32_t task) const {
    const Problem& what = view.what();
    const auto fits = [&](std::uint32_t node) { return view.takes_tasks(node) && what.fits(task, node); };
    std::vector<std::uint32_t> candidates;
    for (const std::uint32_t input : what.tasks[task].inputs)
      for (const Location& one : view.places(input))
        if (one.is_here && fits(one.node)) candidates.push_back(one.node);
    if (candidates.empty())
      for (std::uint32_t node = 0; node < nodes_.size(); ++node)
        if (fits(node)) candidates.push_back(node);
    std::ranges::sort(candidates);
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    std::uint32_t best = nowhere;
    double least = 0;
    for (const std::uint32_t node : candidates) {
      const double start = nodes_[node].occupancy / what.cpus[node] + transfer(view, task, node);
      if (best == nowhere || start < least) best = node, least = start;
    }
    return best;
  }

  std::uint32_t idlest(const View& view, std::uint32_t task) const {
    const Problem& what = view.what();
    std::uint32_t best = nowhere;
    const auto load = [&](std::uint32_t node) { return static_cast<double>(nodes_[node].tasks.size()) / what.cpus[node]; };
    for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
      if (!view.takes_tasks(node) || !what.fits(task, node)) continue;
      if (static_cast<double>(nodes_[node].tasks.size()) >= std::ceil(saturation * what.cpus[node])) continue;
      if (best == nowhere || load(node) < load(best)) best = node;
    }
    return best;
  }

  /// From the most occupied node the task that is cheapest to move for the work in it, if it ends earlier then.
  void steal(const View& view, std::uint32_t thief) {
    const Problem& what = view.what();
    while (nodes_[thief].tasks.size() < what.cpus[thief]) {
      std::uint32_t victim = nowhere;
      for (std::uint32_t node = 0; node < nodes_.size(); ++node)
        if (view.takes_tasks(node) && nodes_[node].tasks.size() > what.cpus[node] && (victim == nowhere || nodes_[node].occupancy > nodes_[victim].occupancy)) victim = node;
      if (victim == nowhere) return;
      std::uint32_t best = nowhere;
      double most = 0;
      for (const auto& [rank, task] : nodes_[victim].tasks) {
        if (!what.fits(task, thief) || !(given_.contains(task) || view.is_movable(task))) continue;
        const double work = view.duration(task), cost = transfer(view, task, thief) + latency;
        if (nodes_[thief].occupancy / what.cpus[thief] + cost + work > nodes_[victim].occupancy / what.cpus[victim] - work / 2) continue;
        if (best == nowhere || work / cost > most) best = task, most = work / cost;
      }
      if (best == nowhere) return;
      take_from(best);
      give(view, best, thief);
    }
  }

  std::vector<Known> tasks_;
  std::vector<Node> nodes_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> queued_;
  std::set<std::uint32_t> given_;        ///< In this call.
  std::uint64_t generation_ = 1;
};
}  // namespace

std::unique_ptr<Policy> like_dask() { return std::make_unique<LikeDask>(); }
}  // namespace tessera::runtime::policy
