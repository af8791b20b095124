#include "runtime/policy/makers.hpp"
#include "runtime/policy/schedule/plan.hpp"

namespace tessera::runtime::policy {
namespace {
class Planned final : public Policy {
 public:
  explicit Planned(schedule::Scheduler scheduler) : scheduler_(scheduler) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    if (view.newly_known().empty()) return;
    // Tasks of several cores are left out: who asks looks before (`schedule::costs_of`).
    if (auto plan = schedule::plan_of(view.what(), view.newly_known(), scheduler_)) out = std::move(*plan);
  }

 private:
  schedule::Scheduler scheduler_;
};
}  // namespace

std::unique_ptr<Policy> planned(schedule::Scheduler scheduler) { return std::make_unique<Planned>(scheduler); }
}  // namespace tessera::runtime::policy
