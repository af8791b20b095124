/// @file
/// A static schedule of a case, as decisions for the engine.
#pragma once
#include "simulation/engine/replay.hpp"
#include "simulation/schedule/list_schedule.hpp"

namespace tessera::simulation::schedule {
/// The case as list schedulers see it: each core is a processor, the cores of a node are of one place, and each object is an edge to each of its users that takes
/// size / bandwidth. `invalid_argument` where a task needs more than one core: they place tasks on one processor each.
runtime::Result<Problem> problem_of(const engine::Case& what);
/// All at time 0; a task has the higher priority the earlier the scheduler placed it. Nodes are eager: they do not keep the planned times.
runtime::Result<std::vector<engine::Decision>> decisions_of(const engine::Case& what, Scheduler scheduler);
}  // namespace tessera::simulation::schedule
