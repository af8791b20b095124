#include "runtime/policy/levels.hpp"
#include "runtime/policy/makers.hpp"

#include <algorithm>

namespace tessera::runtime::policy {
namespace {
class OnOneNode final : public Policy {
 public:
  void decide(const View& view, std::vector<Assignment>& out) override {
    std::vector<std::uint32_t> raised;  // Priorities of what was placed stay.
    if (!view.newly_known().empty()) levels_.add(view.what(), view.newly_known(), raised);
    const auto& cpus = view.what().cpus;
    const auto node = static_cast<std::uint32_t>(std::ranges::max_element(cpus) - cpus.begin());
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, node, levels_[task], 0});
  }

 private:
  BottomLevels levels_;
};
}  // namespace

std::unique_ptr<Policy> on_one_node() { return std::make_unique<OnOneNode>(); }
}  // namespace tessera::runtime::policy
