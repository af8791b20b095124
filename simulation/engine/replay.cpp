#include "simulation/engine/replay.hpp"

#include "simulation/engine/policy.hpp"
#include "simulation/engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::simulation::engine {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

namespace {
Failure fits_nowhere(const Case& what, std::uint32_t task) {
  const std::uint32_t most = what.cpus.empty() ? 0 : *std::ranges::max_element(what.cpus);
  const Task& its = what.tasks[task];
  if (its.cpus > most) return {ErrorCode::no_eligible_node, fmt::format("task {} (\"{}\") needs {} cores, and no node has more than {}", task, its.name, its.cpus, most)};
  std::string needs;
  for (std::size_t i = 0; i < what.resources.size(); ++i)
    if (what.needs[task][i] > 0) needs += fmt::format(", {} {}", what.needs[task][i], what.resources[i]);
  return {ErrorCode::no_eligible_node, fmt::format("task {} (\"{}\") needs {} cores{}, and no node has all of that", task, its.name, its.cpus, needs)};
}
}  // namespace

Result<void> check(const Case& what) {
  const auto count = static_cast<std::uint32_t>(what.tasks.size()), nodes = static_cast<std::uint32_t>(what.cpus.size());
  const std::uint32_t largest = nodes == 0 ? nobody : static_cast<std::uint32_t>(std::ranges::max_element(what.cpus) - what.cpus.begin());
  for (std::uint32_t task = 0; task < count; ++task) {
    bool fits = largest != nobody && what.fits(task, largest);
    for (std::uint32_t node = 0; node < nodes && !fits; ++node) fits = what.fits(task, node);
    if (!fits) return fits_nowhere(what, task);
  }
  for (std::size_t object = 0; object < what.objects.size(); ++object)
    if (what.objects[object].producer == nobody && what.objects[object].home >= nodes)
      return Failure{ErrorCode::invalid_argument, fmt::format("object {} is made by no task, and no node has it from the beginning: a cluster with a \"storage\" does", object)};
  std::vector<std::uint32_t> waits(count);
  std::vector<std::vector<std::uint32_t>> users(count);
  const auto follows = [&](std::uint32_t task, std::uint32_t other) {
    if (other != nobody) ++waits[task], users[other].push_back(task);
  };
  for (std::uint32_t task = 0; task < count; ++task) {
    for (const std::uint32_t input : what.tasks[task].inputs) follows(task, what.objects[input].producer);
    if (!what.revealed_by.empty()) follows(task, what.revealed_by[task]);
  }
  std::vector<std::uint32_t> free;
  for (std::uint32_t task = 0; task < count; ++task)
    if (waits[task] == 0) free.push_back(task);
  for (std::size_t i = 0; i < free.size(); ++i)
    for (const std::uint32_t user : users[free[i]])
      if (--waits[user] == 0) free.push_back(user);
  if (free.size() == count) return {};
  const auto at = std::ranges::find_if(waits, [](std::uint32_t one) { return one > 0; });
  const auto task = static_cast<std::size_t>(at - waits.begin());
  return Failure{ErrorCode::cycle, fmt::format("the graph has a cycle: task {} (\"{}\") depends on itself, or on tasks that do", task, what.tasks[task].name)};
}

Result<Outcome> replay(const Case& what, const std::vector<Decision>& decisions, const Setting& setting) { return Run(what, decisions, nullptr, what, setting).go(); }

Result<Outcome> simulate(const Case& what, const Case& known, Policy& policy, const Setting& setting) { return Run(what, {}, &policy, known, setting).go(); }
}  // namespace tessera::simulation::engine
