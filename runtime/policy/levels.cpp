#include "runtime/policy/levels.hpp"

#include "runtime/policy/order.hpp"

#include <algorithm>

namespace tessera::runtime::policy {
void BottomLevels::add(const View& view, std::span<const std::uint32_t> tasks, std::vector<std::uint32_t>& raised) {
  const Problem& what = view.what();
  levels_.resize(what.tasks.size());
  std::vector<bool> is_new(what.tasks.size());
  for (const std::uint32_t task : tasks) levels_[task] = view.duration(task), is_new[task] = true;
  std::vector<std::uint32_t> grown;
  const auto pass_on = [&](std::uint32_t task) {
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      if (producer == nobody) continue;
      const double level = view.duration(producer) + levels_[task];
      if (level <= levels_[producer]) continue;
      levels_[producer] = level;
      if (!is_new[producer]) grown.push_back(producer);
    }
  };
  const auto order = in_order(what, tasks);
  for (auto task = order.rbegin(); task != order.rend(); ++task) pass_on(*task);
  for (std::size_t i = 0; i < grown.size(); ++i) pass_on(grown[i]);
  std::ranges::sort(grown);
  grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
  raised.insert(raised.end(), grown.begin(), grown.end());
}

void TopLevels::add(const View& view, std::span<const std::uint32_t> tasks) {
  const Problem& what = view.what();
  levels_.resize(what.tasks.size());
  for (const std::uint32_t task : in_order(what, tasks)) {
    levels_[task] = 0;
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      if (producer != nobody) levels_[task] = std::max(levels_[task], levels_[producer] + view.duration(producer));
    }
  }
}
}  // namespace tessera::runtime::policy
