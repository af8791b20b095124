#include "runtime/policy/levels.hpp"

#include "runtime/policy/order.hpp"

#include <algorithm>

namespace tessera::runtime::policy {
void BottomLevels::add(const Problem& what, std::span<const std::uint32_t> tasks, std::vector<std::uint32_t>& raised) {
  levels_.resize(what.tasks.size());
  std::vector<bool> is_new(what.tasks.size());
  for (const std::uint32_t task : tasks) levels_[task] = what.tasks[task].duration, is_new[task] = true;
  std::vector<std::uint32_t> grown;
  const auto pass_on = [&](std::uint32_t task) {
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      const double level = what.tasks[producer].duration + levels_[task];
      if (level <= levels_[producer]) continue;
      levels_[producer] = level;
      if (!is_new[producer]) grown.push_back(producer);
    }
  };
  const auto order = in_order(what, tasks);
  for (auto task = order.rbegin(); task != order.rend(); ++task) pass_on(*task);
  for (std::size_t i = 0; i < grown.size(); ++i) pass_on(grown[i]);
  std::ranges::sort(grown);
  grown.erase(std::ranges::unique(grown).begin(), grown.end());
  raised.insert(raised.end(), grown.begin(), grown.end());
}

void TopLevels::add(const Problem& what, std::span<const std::uint32_t> tasks) {
  levels_.resize(what.tasks.size());
  for (const std::uint32_t task : in_order(what, tasks)) {
    levels_[task] = 0;
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      levels_[task] = std::max(levels_[task], levels_[producer] + what.tasks[producer].duration);
    }
  }
}
}  // namespace tessera::runtime::policy
