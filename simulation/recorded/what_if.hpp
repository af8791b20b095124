/// @file
/// What if: a recorded run's tasks under other rules.
#pragma once
#include "simulation/recorded/live_run.hpp"
#include "simulation/world.hpp"

#include <string>

namespace tessera::simulation::recorded {
/// How far a replay by the engine is from what happened.
struct Errors {
  double makespan = 0;                             ///< As a part of the live one; below 0: the replay was shorter.
  double start_median = 0, start_p95 = 0, start_worst = 0;  ///< Of tasks; without sign, as parts of the live makespan.
};
/// `replayed` must have the tasks of the run.
Errors errors_of(const LiveRun& run, const engine::Outcome& replayed);

/// What comes of it when the live cores of coordinator and nodes run the same tasks in virtual time, all submitted at once, with as long durations and as large
/// results, and `policy`, one of runtime/policy. Only latency, network and cost of a task count of `speeds`. `invalid_argument` where it does not come to an end: why.
runtime::Result<Outcome> run_by_cores(const LiveRun& run, const std::string& policy, std::uint64_t seed, const Speeds& speeds);
}  // namespace tessera::simulation::recorded
