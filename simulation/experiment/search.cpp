#include "simulation/experiment/search.hpp"

#include "simulation/experiment/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace tessera::simulation::experiment {
using engine::Case;

namespace {
constexpr double hot = 0.5, cold = 0.005;

/// Nothing: a run failed.
std::optional<double> median_of(const Case& what, Plan plan, const std::vector<std::uint64_t>& seeds) {
  std::vector<double> makespans;
  for (const std::uint64_t seed : seeds) {
    plan.seed = seed;
    const auto outcome = carry_out(what, plan);
    if (!outcome) return {};
    makespans.push_back(outcome->makespan);
  }
  return spread_of(std::move(makespans)).median;
}

/// Cases that are a little smaller, the larger steps first.
std::vector<std::function<Case(const Case&)>> reductions(const Case& what) {
  std::vector<std::function<Case(const Case&)>> all;
  if (what.cpus.size() > 1)
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) all.emplace_back([=](const Case& from) { return without_node(from, node); });
  if (what.tasks.size() > 1)
    for (std::uint32_t task = 0; task < what.tasks.size(); ++task) all.emplace_back([=](const Case& from) { return without_task(from, task); });
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task)
    for (std::size_t input = 0; input < what.tasks[task].inputs.size(); ++input) all.emplace_back([=](const Case& from) { return without_input(from, task, input); });
  for (std::uint32_t node = 0; node < what.cpus.size(); ++node)
    if (what.cpus[node] > 1)
      all.emplace_back([=](Case from) {
        --from.cpus[node];
        return from;
      });
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task)
    if (const double whole = std::round(what.tasks[task].duration); whole != what.tasks[task].duration)
      all.emplace_back([=](Case from) {
        from.tasks[task].duration = from.tasks[task].expected_duration = whole;
        return from;
      });
  for (std::uint32_t object = 0; object < what.objects.size(); ++object)
    for (const double simple : {0.0, std::round(what.objects[object].size / what.bandwidth) * what.bandwidth})
      if (simple != what.objects[object].size)
        all.emplace_back([=](Case from) {
          from.objects[object].size = from.objects[object].expected_size = simple;
          return from;
        });
  return all;
}
}  // namespace

double ratio_of(const Case& what, const Contest& contest) {
  const auto winner = median_of(what, contest.winner, contest.seeds);
  if (!winner || *winner <= 0) return 0;
  return median_of(what, contest.loser, contest.seeds).value_or(0) / *winner;
}

Found anneal(Case start, const Contest& contest, std::size_t evaluations, std::uint64_t seed) {
  runtime::Rng rng(seed);
  for (engine::Task& task : start.tasks) std::ranges::sort(task.inputs);  // As files have them.
  Found at{start, ratio_of(start, contest), 1};
  Found best = at;
  for (std::size_t i = 1; i < evaluations; ++i) {
    const double temperature = hot * std::pow(cold / hot, static_cast<double>(i) / static_cast<double>(evaluations));
    Case next = mutated(at.what, contest.limits, rng);
    const double ratio = ratio_of(next, contest), chance = static_cast<double>(rng.next() >> 11) * 0x1p-53;
    if (ratio >= at.ratio || (ratio > 0 && chance < std::exp(std::log(ratio / at.ratio) / temperature))) at = {std::move(next), ratio, 0};
    if (at.ratio > best.ratio) best = at;
  }
  best.evaluations = std::max<std::size_t>(evaluations, 1);
  return best;
}

Found shrunk(const Found& found, const Contest& contest, std::size_t evaluations, double kept) {
  Found at = found;
  std::size_t used = 0;
  for (bool is_smaller = true; is_smaller && used < evaluations;) {
    is_smaller = false;
    for (const auto& reduce : reductions(at.what)) {
      if (used == evaluations) break;
      Case next = reduce(at.what);
      if (!engine::check(next)) continue;
      const double ratio = ratio_of(next, contest);
      ++used;
      if (ratio < found.ratio * kept) continue;
      at.what = std::move(next), at.ratio = ratio;
      is_smaller = true;
      break;  // Others may name what is gone.
    }
  }
  at.evaluations += used;
  return at;
}
}  // namespace tessera::simulation::experiment
