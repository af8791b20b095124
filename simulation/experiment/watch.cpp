#include "simulation/experiment/watch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <utility>

namespace tessera::simulation::experiment {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr std::size_t named_max = 5;

/// How many letters must be put in, taken out or replaced (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = corner + (a[i] != b[j]);
      corner = row[j + 1];
      row[j + 1] = std::min({replaced, corner + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string near_names(const engine::Case& what, std::string_view name) {
  std::set<std::pair<std::size_t, std::string_view>> near;
  for (const engine::Task& task : what.tasks) {
    near.emplace(distance(name, task.name), task.name);
    if (near.size() > named_max) near.erase(std::prev(near.end()));
  }
  std::vector<std::string> names;
  for (const auto& [far, its] : near) names.push_back(fmt::format("\"{}\"", its));
  return fmt::format("{}", fmt::join(names, ", "));
}
}  // namespace

void Watch::decided(const engine::View& view, const std::vector<engine::Assignment>& given) {
  const engine::Case& what = view.what();
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].task != task_) continue;
    Choice choice{view.now(), given[i], given[i].node < what.cpus.size() && view.takes_tasks(given[i].node), 0, {}};
    double all = 0;
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) choice.candidates.push_back({node, view.free_cores(node), 0, 0, 0});
    for (std::size_t before = 0; before < i; ++before)
      if (given[before].node < choice.candidates.size() && given[before].task < what.tasks.size()) choice.candidates[given[before].node].free_cores -= what.tasks[given[before].task].cpus;
    for (const std::uint32_t input : std::set(what.tasks[task_].inputs.begin(), what.tasks[task_].inputs.end())) {
      const double size = what.objects[input].size;
      const auto places = view.places(input);
      if (places.empty()) {
        ++choice.inputs_to_come;
        continue;
      }
      all += size;
      for (const engine::Place& place : places) {
        choice.candidates[place.node].missing -= size;
        if (!place.is_here) choice.candidates[place.node].coming += size;
      }
    }
    for (Candidate& one : choice.candidates) {
      one.missing = std::max(0.0, one.missing + all);
      one.seconds = (one.missing + one.coming) / what.bandwidth;
    }
    choices_.push_back(std::move(choice));
  }
}

runtime::Result<std::uint32_t> find_task(const engine::Case& what, std::string_view name) {
  std::vector<std::uint32_t> named;
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task)
    if (what.tasks[task].name == name) named.push_back(task);
  if (named.size() == 1) return named.front();
  if (named.size() > 1) {
    const std::size_t count = named.size();
    named.resize(std::min(count, named_max));
    return Failure{ErrorCode::invalid_argument, fmt::format("{} tasks have the name \"{}\": say its number, {}{}", count, name, fmt::join(named, ", "), count > named_max ? ", ..." : "")};
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) {
    if (number < what.tasks.size()) return number;
    return Failure{ErrorCode::invalid_argument, fmt::format("there is no task {}; {} has {}, from 0", number, what.name, what.tasks.size())};
  }
  return Failure{ErrorCode::invalid_argument, fmt::format("{} has no task \"{}\"; near it are {}", what.name, name, near_names(what, name))};
}
}  // namespace tessera::simulation::experiment
