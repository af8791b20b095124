/// @file
/// Cases as text of format `sched-sim-case/1`.
#pragma once
#include "simulation/files/case_file.hpp"

namespace tessera::simulation::files {
/// What `parse_cases` reads as the same case and runs: of each run its network, scheduler, download limits, decisions, and of what was expected the makespan, transfers and
/// their sum, and each task and transfer.
/// `generator` says where it comes from.
std::string case_text(const CaseRuns& all, const std::string& generator);
}  // namespace tessera::simulation::files
