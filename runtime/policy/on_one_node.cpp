#include "runtime/policy/levels.hpp"
#include "runtime/policy/makers.hpp"

#include <vector>

namespace tessera::runtime::policy {
namespace {
class OnOneNode final : public Policy {
 public:
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ended()) std::erase(waiting_, task);
    std::vector<std::uint32_t> raised;  // Priorities of what was placed stay.
    if (!view.newly_known().empty()) levels_.add(view, view.newly_known(), raised);
    waiting_.insert(waiting_.end(), view.newly_ready().begin(), view.newly_ready().end());
    std::erase_if(waiting_, [&](std::uint32_t task) {
      if (node_ == nowhere || !view.takes_tasks(node_) || !view.what().fits(task, node_)) node_ = largest(view, task);
      if (node_ != nowhere) out.push_back({task, node_, levels_[task], 0});
      return node_ != nowhere;
    });
  }

 private:
  static std::uint32_t largest(const View& view, std::uint32_t task) {
    std::uint32_t best = nowhere;
    const Problem& what = view.what();
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node)
      if (view.takes_tasks(node) && what.fits(task, node) && (best == nowhere || what.cpus[node] > what.cpus[best])) best = node;
    return best;
  }

  BottomLevels levels_;
  std::vector<std::uint32_t> waiting_;
  std::uint32_t node_ = nowhere;         ///< While it is there.
};
}  // namespace

std::unique_ptr<Policy> on_one_node() { return std::make_unique<OnOneNode>(); }
}  // namespace tessera::runtime::policy
