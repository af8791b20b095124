#include "client/policy.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace {
namespace policy = tessera::policy;

/// What is ready goes to the node with the most free cores; the longest task first.
struct Emptiest final : policy::Policy {
  std::vector<std::uint32_t> waiting;

  void decide(const policy::View& view, std::vector<policy::Assignment>& out) override {
    const policy::Problem& what = view.what();
    waiting.insert(waiting.end(), view.newly_ready().begin(), view.newly_ready().end());
    std::ranges::stable_sort(waiting, std::greater{}, [&](std::uint32_t task) { return what.tasks[task].duration; });
    std::vector<std::int64_t> free;
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) free.push_back(view.free_cores(node));
    std::erase_if(waiting, [&](std::uint32_t task) {
      const auto most = std::ranges::max_element(free);
      if (*most < static_cast<std::int64_t>(what.tasks[task].cpus)) return false;
      *most -= what.tasks[task].cpus;
      out.push_back({task, static_cast<std::uint32_t>(most - free.begin()), what.tasks[task].duration});
      return true;
    });
  }
};

struct Broken final : policy::Policy {
  void decide(const policy::View&, std::vector<policy::Assignment>&) override { throw std::runtime_error("it never decides"); }
};
/// Each task goes to a node that is not there, too.
struct Astray final : policy::Policy {
  void decide(const policy::View& view, std::vector<policy::Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 99, 1, 0}), out.push_back({task, 0, 0, 0});
  }
};
TESSERA_POLICY(Astray, "astray");
TESSERA_POLICY(Emptiest, "emptiest");
TESSERA_POLICY(Broken, "broken");
}  // namespace
