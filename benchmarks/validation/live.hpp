/// @file
/// A graph run live by tasks that wait, on processes of this machine, and its recording.
#pragma once
#include "runtime/coordinator/recording.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/engine/replay.hpp"

#include <string>
#include <vector>

namespace tessera::benchmarks {
struct Machines {
  unsigned processes = 4, lanes = 2;
  double mib_s = 64;                     ///< Of each process's link, in both directions.
};
/// A cluster of its own that is measured; the environment makes its links slow.
simulation::engine::Cluster calibrate(const Machines& machines);
struct Live {
  runtime::coordinator::JobRecording job;
  std::vector<runtime::Key> keys;        ///< Of the graph's tasks.
};
/// The recording is written to `file` and read back.
Live run_live(const simulation::engine::Case& what, const Machines& machines, const std::string& policy, std::uint64_t seed, const std::string& file);
}  // namespace tessera::benchmarks
