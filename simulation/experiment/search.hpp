/// @file
/// Cases on which one scheduler is much worse than another, found by simulated annealing (the idea of PISA: Coleman, Krishnamachari: An adversarial approach to comparing task graph
/// scheduling algorithms, arXiv 2403.07120). Pure: same start, seed and budget, same case.
#pragma once
#include "simulation/experiment/mutation.hpp"
#include "simulation/experiment/plan.hpp"

namespace tessera::simulation::experiment {
struct Contest {
  Plan loser, winner;                    ///< Their seeds are not used.
  std::vector<std::uint64_t> seeds{1};
  Limits limits;
};
struct Found {
  engine::Case what;
  double ratio = 0;                      ///< Of the loser's median makespan over the seeds to the winner's.
  std::size_t evaluations = 0;           ///< Cases that were run for it.
};
/// 0 where one of them fails, or all takes no time.
double ratio_of(const engine::Case& what, const Contest& contest);

/// The best of so many cases, each a mutation of the one before: taken if the ratio is no smaller, else with the probability exp(log(ratio / the one before) / T), where T falls from 0.5 to
/// 0.005. At least one evaluation.
Found anneal(engine::Case start, const Contest& contest, std::size_t evaluations, std::uint64_t seed);
/// Takes out nodes, tasks and edges, and makes numbers whole, as long as the ratio stays at least `kept` of what it was; until nothing more can go or the budget is used up.
Found shrunk(const Found& found, const Contest& contest, std::size_t evaluations, double kept = 0.95);
}  // namespace tessera::simulation::experiment
