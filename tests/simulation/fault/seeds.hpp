/// @file
/// A program that runs seeds: PROGRAM [--from N] [--count N] | --seed N [--print]. A seed that fails prints the line that replays it, and
/// the story of its last steps.
#pragma once
#include "tests/simulation/fault/run.hpp"

namespace tessera::simulation::fault {
struct Suite {
  const char* program;                       ///< From the root of the tree.
  const char* what;                          ///< It does.
  const char* figure;                        ///< Of `--benchmark`.
  std::uint64_t seeds;                       ///< By default.
  Chaos (*draw)(std::uint64_t seed);
  Result (*run)(const Chaos& chaos, bool tells, bool prints);
};
inline constexpr Suite cores{"build/release/tests/simulation/fault/fault_seeds", "Runs the runtime's cores in a simulated cluster with faults, seed by seed.",
                             "simulation.faults", 2000, Chaos::of, run};

/// What a person types to see it again.
std::string replay_line(const Suite& suite, const Chaos& chaos);
int run_seeds(const Suite& suite, int argc, char** argv);
}  // namespace tessera::simulation::fault
