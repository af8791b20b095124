/// @file
/// What the parts of `tessera simulate` share.
#pragma once
#include "simulation/experiment/grid.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/pictures.hpp"
#include "tools/cli/simulate_cluster.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera::cli {
/// By policy: the plug-in that it came from.
using PluginPolicies = std::map<std::string, std::string>;

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
  std::shared_ptr<const PluginPolicies> plugins;  ///< Those that were read, once all options are.

  simulation::experiment::Axes axes() const;
};

/// `--plugin`, loaded as soon as it is read: before what names a policy, if it is added first. What comes back fills as options are read.
std::shared_ptr<const PluginPolicies> add_plugin_option(CLI::App& command);

/// Says on stderr what a policy decided that was left out, if it did.
void warn_of(const runtime::policy::NonsenseCounts& nonsense, const std::string& policy, const std::string& thrown);

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
