#include "runtime/base/rng.hpp"
#include "runtime/policy/makers.hpp"

#include <algorithm>

namespace tessera::runtime::policy {
namespace {
class AtRandom final : public Policy {
 public:
  explicit AtRandom(std::uint64_t seed) : rng_(seed) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ended()) std::erase(waiting_, task);
    waiting_.insert(waiting_.end(), view.newly_known().begin(), view.newly_known().end());
    for (const std::uint32_t task : view.newly_ready())
      if (!view.has_node(task)) waiting_.push_back(task);
    std::ranges::sort(waiting_);
    waiting_.erase(std::unique(waiting_.begin(), waiting_.end()), waiting_.end());
    std::erase_if(waiting_, [&](std::uint32_t task) {
      const std::uint32_t node = draw(view, task);
      if (node != nowhere) out.push_back({task, node, 0, 0});
      return node != nowhere;
    });
  }

 private:
  std::uint32_t draw(const View& view, std::uint32_t task) {
    const Problem& what = view.what();
    const auto weight = [&](std::uint32_t node) -> std::uint64_t { return view.takes_tasks(node) && what.fits(task, node) ? what.cpus[node] : 0; };
    std::uint64_t sum = 0;
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) sum += weight(node);
    if (sum == 0) return nowhere;
    std::uint64_t left = rng_.below(sum);
    std::uint32_t node = 0;
    for (; left >= weight(node); ++node) left -= weight(node);
    return node;
  }

  Rng rng_;
  std::vector<std::uint32_t> waiting_;   ///< No node can run them now.
};
}  // namespace

std::unique_ptr<Policy> at_random(std::uint64_t seed) { return std::make_unique<AtRandom>(seed); }
}  // namespace tessera::runtime::policy
