#include "runtime/policy/makers.hpp"
#include "runtime/policy/schedule/plan.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace tessera::runtime::policy {
namespace {
/// Plans what is known, and again what is left of it when nodes come or go, when tasks come to be known, and when some need a node again. What runs stays.
class Planned final : public Policy {
 public:
  explicit Planned(schedule::Scheduler scheduler) : scheduler_(scheduler) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ended()) open_.erase(task);
    open_.insert(view.newly_known().begin(), view.newly_known().end());
    std::vector<std::uint32_t> fresh(view.newly_known().begin(), view.newly_known().end());
    for (const auto& again : {view.newly_ready(), view.newly_lost()})
      for (const std::uint32_t task : again)
        if (!view.has_node(task)) open_.insert(task), fresh.push_back(task);
    std::ranges::sort(fresh);
    fresh.erase(std::unique(fresh.begin(), fresh.end()), fresh.end());
    const bool is_another_cluster = note_nodes(view);
    if (open_.empty() || (fresh.empty() && !is_another_cluster)) return;
    const bool is_all = is_another_cluster || open_.size() <= rest_max + again_max * fresh.size();
    // Tasks of several cores are left out: who asks looks before (`schedule::costs_of`).
    const std::vector<std::uint32_t> rest = is_all ? left(view) : std::move(fresh);
    auto plan = schedule::plan_rest(view, rest, is_all ? running(view) : std::vector<schedule::Running>{}, scheduler_);
    if (!plan) return;
    out = std::move(*plan);
    node_of_.resize(view.what().tasks.size(), nobody);
    for (const Assignment& one : out) node_of_[one.task] = one.node;
  }

 private:
  /// So many that were planned already are planned again for each that comes, so that a graph that grows for long is not planned for ever.
  static constexpr std::size_t again_max = 8, rest_max = 1000;

  /// Whether other cores take tasks than at the last time.
  bool note_nodes(const View& view) {
    const std::size_t known = cores_.size();
    cores_.resize(view.what().cpus.size());
    bool is_another = false;
    const auto look_at = [&](std::uint32_t node) {
      const std::uint32_t cores = view.takes_tasks(node) ? view.what().cpus[node] : 0;
      is_another |= std::exchange(cores_[node], cores) != cores;
    };
    for (auto node = static_cast<std::uint32_t>(known); node < cores_.size(); ++node) look_at(node);
    for (const std::uint32_t node : view.newly_free()) look_at(node);
    return is_another;
  }

  bool runs(const View& view, std::uint32_t task) const { return view.has_node(task) && !view.is_movable(task); }
  std::vector<schedule::Running> running(const View& view) const {
    std::vector<schedule::Running> all;
    for (const std::uint32_t task : open_)
      if (runs(view, task) && task < node_of_.size() && node_of_[task] != nobody) all.push_back({task, node_of_[task]});
    return all;
  }

  /// What does not run yet, and what must be made again for it.
  std::vector<std::uint32_t> left(const View& view) {
    const Problem& what = view.what();
    std::vector<std::uint32_t> all;
    for (const std::uint32_t task : open_)
      if (!runs(view, task)) all.push_back(task);
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const std::uint32_t input : what.tasks[all[i]].inputs) {
        const std::uint32_t producer = what.objects[input].producer;
        if (producer == nobody || !view.is_known(producer) || open_.contains(producer) || !view.places(input).empty()) continue;
        open_.insert(producer);
        all.push_back(producer);
      }
    std::ranges::sort(all);
    return all;
  }

  schedule::Scheduler scheduler_;
  std::set<std::uint32_t> open_;         ///< Known, and not ended.
  std::vector<std::uint32_t> cores_;     ///< By node, that take tasks.
  std::vector<std::uint32_t> node_of_;   ///< By task, as planned.
};
}  // namespace

std::unique_ptr<Policy> planned(schedule::Scheduler scheduler) { return std::make_unique<Planned>(scheduler); }
}  // namespace tessera::runtime::policy
