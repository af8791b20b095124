/// @file
/// Runs a graph with a policy that decides meanwhile. docs/simulation.md has the rules of when it is called: at time 0, and after ends of tasks and transfers.
#pragma once
#include "runtime/policy/policy.hpp"
#include "simulation/engine/information.hpp"
#include "simulation/engine/replay.hpp"

namespace tessera::simulation::engine {
using Place = runtime::policy::Location;
using runtime::policy::Policy;
using runtime::policy::View;

/// Runs the case with what the policy decides, which it knows as `known`. Fails as `replay` does. Same case, policy and setting: same outcome.
runtime::Result<Outcome> simulate(const Case& what, const Case& known, Policy& policy, const Setting& setting);
}  // namespace tessera::simulation::engine
