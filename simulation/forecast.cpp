#include "simulation/forecast.hpp"

#include <algorithm>

namespace tessera::simulation {
namespace {
bool fits(const Workload& workload, Machines machines, Bytes limit, bool spills) {
  for (Machine& machine : machines.nodes)
    if (machine.lanes > 0) machine.limit = limit, machine.spills = spills;
  const Outcome outcome = World(workload, machines).run();
  return outcome.is_done;
}

/// Between one that is too little and one that is enough.
Bytes bisect(const Workload& workload, const Machines& machines, bool spills, Bytes little, Bytes enough) {
  while (enough - little > std::max(runtime::mib(1), Bytes{enough.value / 64})) {
    const Bytes middle{little.value + (enough - little).value / 2};
    (fits(workload, machines, middle, spills) ? enough : little) = middle;
  }
  return enough;
}
}  // namespace

Peaks peaks_of(const Workload& workload, const Machines& machines, Bytes even) {
  Peaks peaks{even, even, even};
  const auto run = [&](double spread, std::uint64_t seed, Duration message) {
    Machines its = machines;
    its.spread = spread, its.seed = seed, its.speeds.message = message;
    const Bytes peak = World(workload, its).run().peak;
    peaks.least = std::min(peaks.least, peak), peaks.most = std::max(peaks.most, peak);
    return peak;
  };
  for (const std::uint64_t seed : {1, 2, 3, 4}) peaks.expected = std::max(peaks.expected, run(4, seed, machines.speeds.message));
  run(64, 1, machines.speeds.message);
  run(4, 1, runtime::milliseconds(3));
  return peaks;
}

Limits smallest_limits(const Workload& workload, const Machines& machines) {
  if (machines.nodes.empty()) return {};
  Machines boundless = machines;
  for (Machine& machine : boundless.nodes) machine.limit = Bytes{std::uint64_t{1} << 62};
  const Outcome free_run = World(workload, boundless).run();
  if (!free_run.is_done) return {};
  Bytes process;
  for (const Machine& machine : machines.nodes)
    if (machine.lanes > 0) process = std::max(process, machine.process);
  // What it takes when it may take all, and the margin.
  const Bytes most{free_run.peak.value / 11 * 12 + (std::uint64_t{1} << 20)};
  Limits limits;
  if (fits(workload, machines, most, false)) limits.in_memory = bisect(workload, machines, false, process, most);
  const Bytes enough = limits.in_memory.value_or(most);
  if (fits(workload, machines, enough, true)) limits.with_disk = bisect(workload, machines, true, process, enough);
  return limits;
}
}  // namespace tessera::simulation
