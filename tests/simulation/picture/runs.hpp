/// @file
/// Runs to draw: those of the reference, and a small one made by hand.
#pragma once
#include "simulation/files/case_file.hpp"
#include "simulation/picture/timeline.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tessera::test {
namespace engine = simulation::engine;
namespace picture = simulation::picture;

/// All recorded runs of a file, carried out.
inline std::vector<picture::Timeline> runs_of(const std::string& name) {
  auto cases = simulation::files::read_cases(TESSERA_SOURCE_DIR "/tests/data/simulation/" + name);
  BOOST_REQUIRE_MESSAGE(bool(cases), cases.failure().message);
  std::vector<picture::Timeline> all;
  for (const auto& one : *cases) {
    const auto what = std::make_shared<const engine::Case>(one.what);
    for (const auto& run : one.runs) {
      auto outcome = engine::replay(*what, run.decisions, run.setting);
      BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
      all.push_back(picture::timeline(one.what.name + ", " + run.scheduler, what, std::move(*outcome)));
    }
  }
  return all;
}

/// Node 0 of two cores makes 100 MiB in `first` (0 to 3 s), and runs `beside` (0 to 4 s). Node 1 fetches it (3.5 to 5.5 s) for `second` (6 to 7 s), and node 0 runs `pair` on
/// both cores (4 to 9 s) with it.
inline picture::Timeline small_run(const std::string& first = "first") {
  engine::Case what;
  what.name = "small", what.cpus = {2, 1}, what.bandwidth = 50;
  what.tasks.resize(4);
  what.tasks[0].name = first, what.tasks[0].duration = 3, what.tasks[0].outputs = {0};
  what.tasks[1].name = "beside", what.tasks[1].duration = 4;
  what.tasks[2].name = "second", what.tasks[2].duration = 1, what.tasks[2].inputs = {0};
  what.tasks[3].name = "pair", what.tasks[3].duration = 5, what.tasks[3].cpus = 2, what.tasks[3].inputs = {0};
  what.objects.resize(1);
  what.objects[0].size = 100;
  engine::Outcome outcome;
  const auto ran = [&](std::uint32_t task, std::uint32_t node, double start, double end) {
    engine::TaskTimes times;
    times.task = task, times.node = node, times.start = start, times.end = end;
    outcome.tasks.push_back(times);
  };
  ran(0, 0, 0, 3), ran(1, 0, 0, 4), ran(2, 1, 6, 7), ran(3, 0, 4, 9);
  outcome.makespan = outcome.last_task_end = 9;
  outcome.total_transfer = 100, outcome.transfer_count = 1;
  outcome.transfers.push_back({0, 0, 1, 3.5, 5.5});
  return picture::timeline("small", std::make_shared<const engine::Case>(what), outcome);
}
}  // namespace tessera::test
