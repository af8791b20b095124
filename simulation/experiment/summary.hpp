/// @file
/// What the findings of a grid say about its policies.
#pragma once
#include "simulation/experiment/bound.hpp"
#include "simulation/experiment/grid.hpp"
#include "simulation/experiment/statistics.hpp"

#include <optional>
#include <span>

namespace tessera::simulation::experiment {
/// One policy in one setting, over its seeds.
struct Row {
  std::size_t setting = 0, scheduler = 0, failed = 0;
  std::optional<Spread> makespan;        ///< Seconds, of the runs that did not fail; nothing: all did.
  double of_bound = 0, of_best = 0;      ///< The median / the setting's lower bound; / the least median of all policies there.
};
/// One policy over all settings in which it has a median.
struct Overall {
  std::size_t scheduler = 0, settings = 0, best = 0;  ///< How many; in how many none had a median smaller by 0.1 %.
  double mean_of_best = 0, worst_of_best = 0;         ///< The geometric mean, and the greatest.
};
/// Two policies, pair by pair.
struct Duel {
  std::size_t first = 0, second = 0;
  std::size_t wins = 0, ties = 0, losses = 0;  ///< Of the first; equal is what differs by less than 0.1 %.
  double ratio = 1;                      ///< Median of makespan of the first / of the second.
  double p = 1, adjusted_p = 1;          ///< Signed-rank test on logarithms of ratios, equal ones as 0; and by Holm for all duels.
};
struct Summary {
  std::vector<Bound> bounds;             ///< By subject.
  std::vector<Row> rows;                 ///< By setting, then scheduler.
  std::vector<Overall> overall;
  std::vector<Duel> duels;
  bool pairs_are_settings = true;        ///< Medians of each setting are compared; else, as there is one only, its seeds.
};
/// One finding a cell.
Summary summarise(const Grid& grid, std::span<const Finding> findings);
}  // namespace tessera::simulation::experiment
