#include "runtime/policy/schedule/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tessera::runtime::policy::schedule {
namespace {
std::vector<std::uint32_t> all_of(const Problem& what) {
  std::vector<std::uint32_t> tasks(what.tasks.size());
  std::iota(tasks.begin(), tasks.end(), 0);
  return tasks;
}
}  // namespace

Result<Costs> costs_of(const Problem& what, std::span<const std::uint32_t> tasks) {
  Costs costs;
  for (std::uint32_t node = 0; node < what.cpus.size(); ++node) costs.places.insert(costs.places.end(), what.cpus[node], node);
  std::vector<std::uint32_t> place(what.tasks.size(), nobody);  // In `tasks`.
  for (std::uint32_t i = 0; i < tasks.size(); ++i) place[tasks[i]] = i;
  for (std::uint32_t i = 0; i < tasks.size(); ++i) {
    const Task& task = what.tasks[tasks[i]];
    if (task.cpus != 1)
      return Failure{ErrorCode::invalid_argument,
                     fmt::format("{}: task {} (\"{}\") takes {} cores, and static schedulers place tasks of one core", what.name, tasks[i], task.name, task.cpus)};
    if (!what.needs.empty() && std::ranges::any_of(what.needs[tasks[i]], [](std::uint32_t amount) { return amount > 0; }))
      return Failure{ErrorCode::invalid_argument,
                     fmt::format("{}: task {} (\"{}\") takes more than cores, and static schedulers do not know of that", what.name, tasks[i], task.name)};
    std::vector<double>& row = costs.cost.emplace_back();
    for (const std::uint32_t node : costs.places) row.push_back(what.duration_on(tasks[i], node));
    for (const std::uint32_t input : task.inputs)
      if (const std::uint32_t producer = what.objects[input].producer; producer != nobody && place[producer] != nobody)
        costs.edges.push_back({place[producer], i, what.bandwidth > 0 ? what.objects[input].size / what.bandwidth : 0});
  }
  return costs;
}

Result<Costs> costs_of(const Problem& what) { return costs_of(what, all_of(what)); }

Result<std::vector<Assignment>> plan_of(const Problem& what, std::span<const std::uint32_t> tasks, Scheduler scheduler) {
  const auto costs = costs_of(what, tasks);
  if (!costs) return costs.failure();
  std::vector<Assignment> all;
  if (costs->places.empty()) return all;
  const Schedule schedule = scheduler(*costs);
  double priority = static_cast<double>(schedule.order.size());
  for (const std::uint32_t task : schedule.order) all.push_back({tasks[task], costs->places[schedule.slots[task].processor], priority--, 0});
  return all;
}

Result<std::vector<Assignment>> plan_of(const Problem& what, Scheduler scheduler) { return plan_of(what, all_of(what), scheduler); }
}  // namespace tessera::runtime::policy::schedule
