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

Result<Costs> costs_on(const Problem& what, std::span<const std::uint32_t> tasks, const std::vector<std::uint32_t>& cpus) {
  Costs costs;
  for (std::uint32_t node = 0; node < cpus.size(); ++node) costs.places.insert(costs.places.end(), cpus[node], node);
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
}  // namespace

Result<Costs> costs_of(const Problem& what, std::span<const std::uint32_t> tasks) { return costs_on(what, tasks, what.cpus); }

Result<Costs> costs_of(const Problem& what) { return costs_of(what, all_of(what)); }

Result<Costs> costs_of_rest(const View& view, std::span<const std::uint32_t> tasks, std::span<const Running> running) {
  const Problem& what = view.what();
  std::vector<std::uint32_t> cpus = what.cpus;
  for (std::uint32_t node = 0; node < cpus.size(); ++node)
    if (!view.takes_tasks(node)) cpus[node] = 0;
  auto costs = costs_on(what, tasks, cpus);
  if (!costs) return costs;
  std::vector<const Running*> runs(what.tasks.size());
  std::vector<std::size_t> first(cpus.size());  // Processor of each node.
  for (std::size_t node = 1; node < cpus.size(); ++node) first[node] = first[node - 1] + cpus[node - 1];
  costs->free_from.resize(costs->places.size());
  for (const Running& one : running) {
    runs[one.task] = &one;
    if (cpus[one.node] == 0) continue;
    const auto its = costs->free_from.begin() + static_cast<std::ptrdiff_t>(first[one.node]);
    *std::min_element(its, its + cpus[one.node]) += what.duration_on(one.task, one.node);
  }
  std::vector<bool> is_rest(what.tasks.size());
  for (const std::uint32_t task : tasks) is_rest[task] = true;
  for (std::uint32_t i = 0; i < tasks.size(); ++i)
    for (const std::uint32_t input : what.tasks[tasks[i]].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      if (producer == nobody || is_rest[producer]) continue;
      Given given{i, {}, 0, what.bandwidth > 0 ? what.objects[input].size / what.bandwidth : 0};
      if (const Running* one = runs[producer]) given.places = {one->node}, given.from = what.duration_on(producer, one->node);
      else for (const Location& place : view.places(input)) given.places.push_back(place.node);
      costs->given.push_back(std::move(given));
    }
  return costs;
}

namespace {
std::vector<Assignment> assignments(const Costs& costs, std::span<const std::uint32_t> tasks, Scheduler scheduler) {
  std::vector<Assignment> all;
  if (costs.places.empty()) return all;
  const Schedule schedule = scheduler(costs);
  double priority = static_cast<double>(schedule.order.size());
  for (const std::uint32_t task : schedule.order) all.push_back({tasks[task], costs.places[schedule.slots[task].processor], priority--, 0});
  return all;
}
}  // namespace

Result<std::vector<Assignment>> plan_of(const Problem& what, std::span<const std::uint32_t> tasks, Scheduler scheduler) {
  const auto costs = costs_of(what, tasks);
  if (!costs) return costs.failure();
  return assignments(*costs, tasks, scheduler);
}

Result<std::vector<Assignment>> plan_of(const Problem& what, Scheduler scheduler) { return plan_of(what, all_of(what), scheduler); }

Result<std::vector<Assignment>> plan_rest(const View& view, std::span<const std::uint32_t> tasks, std::span<const Running> running, Scheduler scheduler) {
  const auto costs = costs_of_rest(view, tasks, running);
  if (!costs) return costs.failure();
  return assignments(*costs, tasks, scheduler);
}
}  // namespace tessera::runtime::policy::schedule
