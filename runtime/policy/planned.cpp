#include "runtime/policy/makers.hpp"
#include "runtime/policy/schedule/plan.hpp"

#include <algorithm>
#include <vector>

namespace tessera::runtime::policy {
namespace {
class Planned final : public Policy {
 public:
  explicit Planned(schedule::Scheduler scheduler) : scheduler_(scheduler) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ended()) std::erase(waiting_, task);
    // Tasks of several cores are left out: who asks looks before (`schedule::costs_of`).
    if (!view.newly_known().empty())
      if (auto plan = schedule::plan_of(view.what(), view.newly_known(), scheduler_)) out = std::move(*plan);
    // What lost its node goes where most cores are free.
    for (const std::uint32_t task : view.newly_ready())
      if (!view.has_node(task) && !std::ranges::binary_search(view.newly_known(), task)) waiting_.push_back(task);
    std::erase_if(waiting_, [&](std::uint32_t task) {
      std::uint32_t best = nowhere;
      for (std::uint32_t node = 0; node < view.what().cpus.size(); ++node)
        if (view.takes_tasks(node) && view.what().fits(task, node) && (best == nowhere || view.free_cores(node) > view.free_cores(best))) best = node;
      if (best != nowhere) out.push_back({task, best, 0, 0});
      return best != nowhere;
    });
  }

 private:
  schedule::Scheduler scheduler_;
  std::vector<std::uint32_t> waiting_;   ///< No node can run them now.
};
}  // namespace

std::unique_ptr<Policy> planned(schedule::Scheduler scheduler) { return std::make_unique<Planned>(scheduler); }
}  // namespace tessera::runtime::policy
