/// @file
/// Cases with recorded decisions as files: formats `sched-sim-case/1`, `sched-sim-micro/1`, and `wfformat-expected/1`, whose graphs are workflows
/// in files beside it (JSON, units seconds and MiB).
#pragma once
#include "simulation/engine/replay.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::files {
/// What a file says of one run, to be compared with.
struct Expected {
  double makespan = 0, last_task_end = 0, sum_task_end = 0, total_transfer = 0;
  std::uint64_t transfer_count = 0;
  std::vector<engine::TaskTimes> tasks;
  std::vector<engine::TransferTimes> transfers;
  bool has_sum = false;                  ///< `sum_task_end` was there.
};
struct Run {
  std::string network, scheduler;
  engine::Setting setting;
  std::vector<engine::Decision> decisions;
  Expected expected;
  bool order_robust = true;              ///< The order of things at one instant does not matter.
  double makespan_ready_set_order = 0;   ///< Without `Setting::one_by_one`, where it is not robust; 0: not said.
};
struct CaseRuns {
  engine::Case what;
  std::vector<Run> runs;
};

/// The cases of a text in one of the formats. `folder` is where it looks for workflows. Fails with `bad_input`: where, what was wrong, and what there should be. Fields that are not known are errors.
runtime::Result<std::vector<CaseRuns>> parse_cases(std::string_view text, const std::string& folder = ".");
/// The same of a file, and where it cannot be read.
runtime::Result<std::vector<CaseRuns>> read_cases(const std::string& path);
}  // namespace tessera::simulation::files
