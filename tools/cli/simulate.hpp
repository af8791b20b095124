/// @file
/// What the parts of `tessera simulate` share.
#pragma once
#include "simulation/experiment/grid.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/pictures.hpp"
#include "tools/cli/simulate_cluster.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::cli {
struct Simulated {
  std::vector<std::string> cases, workflows, recipes;
  std::vector<std::string> nodes{"4x4"}, networks{"simple"}, information{"exact"}, schedulers;
  std::vector<double> bandwidths{100};
  std::uint64_t seed = 1, seeds = 0;     ///< `seeds`: how many from `seed`; 0: not said.
  std::string grid, results, explain, output = "text";
  bool critical_path = false;
  OnCluster on;
  Pictures pictures;
  unsigned threads = 0;

  simulation::experiment::Axes axes() const;
};

/// `--plugin`, loaded as soon as it is read: before what names a policy, if it is added first.
void add_plugin_option(CLI::App& command);

/// A name that `check` finds.
template <class Check>
CLI::Validator known(Check check) {
  return CLI::Validator([check](const std::string& name) {
    const auto found = check(name);
    return found ? std::string() : found.failure().message;
  }, "");
}

/// All combinations, with a table of what they say; `tools/cli/simulate_grid.cpp`.
int simulate_grid(const Simulated& wanted);
void add_simulate_search(CLI::App& simulate, Run& run);
}  // namespace tessera::cli
