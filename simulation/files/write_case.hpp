/// @file
/// A case with its runs as text in the format that `simulation/files/case_file.hpp` reads.
#pragma once
#include "simulation/files/case_file.hpp"

namespace tessera::simulation::files {
/// Format sched-sim-case/1. Runs have their decisions, and of what is expected the makespan, tasks and transfers.
std::string case_text(const CaseRuns& what);
}  // namespace tessera::simulation::files
