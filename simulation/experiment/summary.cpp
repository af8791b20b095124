#include "simulation/experiment/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::simulation::experiment {
namespace {
constexpr double equal = 1e-3;             // Nobody chooses a policy for less.

Row row_of(const Grid& grid, std::span<const Finding> findings, std::size_t setting, std::size_t scheduler) {
  Row row{setting, scheduler, 0, {}, 0, 0};
  std::vector<double> makespans;
  for (std::size_t seed = 0; seed < grid.seeds.size(); ++seed) {
    const Finding& finding = findings[number(grid, {setting, scheduler, seed})];
    if (finding.failed.empty()) makespans.push_back(finding.makespan);
  }
  row.failed = grid.seeds.size() - makespans.size();
  if (!makespans.empty()) row.makespan = spread_of(std::move(makespans));
  return row;
}

/// A graph that takes no time takes no more of it than its bound.
double ratio(double a, double b) { return a == b ? 1 : a / b; }

void compare(std::span<Row> rows, double bound) {
  double best = std::numeric_limits<double>::infinity();
  for (const Row& row : rows)
    if (row.makespan) best = std::min(best, row.makespan->median);
  for (Row& row : rows)
    if (row.makespan) row.of_bound = ratio(row.makespan->median, bound), row.of_best = ratio(row.makespan->median, best);
}

Overall overall_of(const Grid& grid, std::span<const Row> rows, std::size_t scheduler) {
  Overall overall{scheduler, 0, 0, 0, 0};
  double logarithms = 0;
  for (std::size_t i = scheduler; i < rows.size(); i += grid.schedulers.size()) {
    if (!rows[i].makespan) continue;
    ++overall.settings;
    overall.best += rows[i].of_best <= 1 + equal;
    overall.worst_of_best = std::max(overall.worst_of_best, rows[i].of_best);
    logarithms += std::log(rows[i].of_best);
  }
  if (overall.settings > 0) overall.mean_of_best = std::exp(logarithms / static_cast<double>(overall.settings));
  return overall;
}

/// What is compared, by pair; not a number: there is none.
std::vector<double> makespans_of(const Grid& grid, std::span<const Finding> findings, std::span<const Row> rows, std::size_t scheduler) {
  std::vector<double> all;
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (grid.settings() > 1) {
    for (std::size_t i = scheduler; i < rows.size(); i += grid.schedulers.size()) all.push_back(rows[i].makespan ? rows[i].makespan->median : none);
    return all;
  }
  for (std::size_t seed = 0; seed < grid.seeds.size(); ++seed) {
    const Finding& finding = findings[number(grid, {0, scheduler, seed})];
    all.push_back(finding.failed.empty() ? finding.makespan : none);
  }
  return all;
}

Duel duel_of(std::size_t first, std::size_t second, const std::vector<double>& ours, const std::vector<double>& theirs) {
  Duel duel{first, second, 0, 0, 0, 1, 1, 1};
  std::vector<double> ratios, differences;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::isnan(ours[i]) || std::isnan(theirs[i])) continue;
    ratios.push_back(ratio(ours[i], theirs[i]));
    const bool is_tie = std::abs(ratios.back() - 1) <= equal;
    differences.push_back(is_tie ? 0 : std::log(ratios.back()));
    ++(is_tie ? duel.ties : ratios.back() < 1 ? duel.wins : duel.losses);
  }
  if (!ratios.empty()) duel.ratio = spread_of(std::move(ratios)).median;
  duel.p = signed_rank_p(differences);
  return duel;
}

/// Nodes may become faster than they were at the beginning.
Bound bound_on(const Grid& grid, const Subject& subject) {
  Bound bound = bound_of(grid.on_cluster(subject));
  double fastest = 1;
  if (subject.placed)
    for (const engine::NodeEvent& event : subject.placed->setting.events) fastest = std::max(fastest, event.speed);
  bound.critical_path /= fastest, bound.work /= fastest;
  return bound;
}
}  // namespace

Summary summarise(const Grid& grid, std::span<const Finding> findings) {
  Summary summary;
  summary.pairs_are_settings = grid.settings() > 1;
  for (const Subject& subject : grid.subjects) summary.bounds.push_back(bound_on(grid, subject));
  const std::size_t policies = grid.schedulers.size();
  for (std::size_t i = 0; i < grid.settings(); ++i) {
    for (std::size_t scheduler = 0; scheduler < policies; ++scheduler) summary.rows.push_back(row_of(grid, findings, i, scheduler));
    compare(std::span(summary.rows).last(policies), summary.bounds[setting(grid, i).subject].seconds());
  }
  std::vector<std::vector<double>> makespans;
  for (std::size_t scheduler = 0; scheduler < policies; ++scheduler) {
    summary.overall.push_back(overall_of(grid, summary.rows, scheduler));
    makespans.push_back(makespans_of(grid, findings, summary.rows, scheduler));
  }
  std::vector<double> p;
  for (std::size_t first = 0; first < policies; ++first)
    for (std::size_t second = first + 1; second < policies; ++second) {
      summary.duels.push_back(duel_of(first, second, makespans[first], makespans[second]));
      p.push_back(summary.duels.back().p);
    }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) summary.duels[i].adjusted_p = adjusted[i];
  return summary;
}
}  // namespace tessera::simulation::experiment
