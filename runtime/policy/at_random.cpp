#include "runtime/base/rng.hpp"
#include "runtime/policy/makers.hpp"

namespace tessera::runtime::policy {
namespace {
class AtRandom final : public Policy {
 public:
  explicit AtRandom(std::uint64_t seed) : rng_(seed) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_known()) draw(view.what(), task, out);
    for (const std::uint32_t task : view.newly_ready())
      if (task < drawn_.size() && drawn_[task] != nowhere && view.what().cpus[drawn_[task]] < view.what().tasks[task].cpus) draw(view.what(), task, out);
  }

 private:
  void draw(const Problem& what, std::uint32_t task, std::vector<Assignment>& out) {
    drawn_.resize(what.tasks.size(), nowhere);
    drawn_[task] = nowhere;
    const auto weight = [&](std::uint32_t node) -> std::uint64_t { return what.cpus[node] >= what.tasks[task].cpus ? what.cpus[node] : 0; };
    std::uint64_t sum = 0;
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) sum += weight(node);
    if (sum == 0) return;
    std::uint64_t left = rng_.below(sum);
    std::uint32_t node = 0;
    for (; left >= weight(node); ++node) left -= weight(node);
    drawn_[task] = node;
    out.push_back({task, node, 0, 0});
  }

  Rng rng_;
  std::vector<std::uint32_t> drawn_;     ///< By task.
};
}  // namespace

std::unique_ptr<Policy> at_random(std::uint64_t seed) { return std::make_unique<AtRandom>(seed); }
}  // namespace tessera::runtime::policy
