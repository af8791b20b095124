#include "simulation/schedule/case_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::simulation::schedule {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

Result<Problem> problem_of(const engine::Case& what) {
  Problem problem;
  for (std::uint32_t node = 0; node < what.cpus.size(); ++node) problem.places.insert(problem.places.end(), what.cpus[node], node);
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    if (what.tasks[task].cpus != 1)
      return Failure{ErrorCode::invalid_argument, fmt::format("{}: task {} (\"{}\") takes {} cores, and static schedulers place tasks of one core", what.name, task,
                                                              what.tasks[task].name, what.tasks[task].cpus)};
    if (!what.needs.empty() && std::ranges::any_of(what.needs[task], [](std::uint32_t amount) { return amount > 0; }))
      return Failure{ErrorCode::invalid_argument, fmt::format("{}: task {} (\"{}\") takes more than cores, and static schedulers do not know of that", what.name, task, what.tasks[task].name)};
    std::vector<double>& costs = problem.cost.emplace_back();
    for (const std::uint32_t node : problem.places) costs.push_back(what.duration_on(task, node));
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (what.objects[input].producer != engine::nobody) problem.edges.push_back({what.objects[input].producer, task, what.objects[input].size / what.bandwidth});
  }
  return problem;
}

Result<std::vector<engine::Decision>> decisions_of(const engine::Case& what, Scheduler scheduler) {
  const auto problem = problem_of(what);
  if (!problem) return problem.failure();
  const Schedule schedule = scheduler(*problem);
  engine::Decision all;
  double priority = static_cast<double>(schedule.order.size());
  for (const std::uint32_t task : schedule.order) all.assignments.push_back({task, problem->places[schedule.slots[task].processor], priority--, 0});
  return std::vector{std::move(all)};
}
}  // namespace tessera::simulation::schedule
