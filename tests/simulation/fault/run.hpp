/// @file
/// One seed: a simulated cluster, its faults, and the checks of facts/reliability 6.3 while it runs and at its end.
#pragma once
#include "tests/simulation/fault/stage.hpp"

#include <map>
#include <string>
#include <vector>

namespace tessera::simulation::fault {
struct Result {
  std::string violation;                       ///< Empty: all checks held.
  std::vector<std::string> story;              ///< The last steps, where it was asked for.
  std::map<std::string, std::uint64_t> seen;   ///< Ways of recovery that were taken.
  std::uint64_t hash = 0, events = 0, runs = 0, values = 0;
  Duration took;                               ///< Virtual.
};

/// Runs the seed that `chaos` was drawn from. `tells`: with the story of its last steps; `prints`: which goes to stderr at once, too.
Result run(const Chaos& chaos, bool tells = false, bool prints = false);
}  // namespace tessera::simulation::fault
