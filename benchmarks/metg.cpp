// metg.stencil_1d: the smallest grain at 50 % efficiency, in process with 2 lanes.
#include "benchmarks/grain.hpp"
#include "benchmarks/machine.hpp"
#include "benchmarks/run.hpp"

#include <atomic>

namespace {
std::atomic<long> iterations_a_task{0};
std::int64_t work(const std::vector<std::int64_t>&, std::int64_t) {
  return static_cast<std::int64_t>(tessera_kernel(iterations_a_task));
}
}  // namespace
TESSERA_OPERATION(work);

int main() {
  using namespace tessera::benchmarks;
  constexpr std::uint32_t width = 64, steps = 200;
  const Pattern pattern = make_pattern("stencil_1d", width, steps);
  std::int64_t salt = 0;
  tessera::Cluster cluster = tessera::Cluster::local({.lanes = cores});
  // Several, because the machine may be another one for seconds (core_to_core_ns).
  std::vector<double> grains, core_to_core;
  for (int sweep = 0; sweep < 5; ++sweep)
    grains.push_back(measure_grain(pattern.size(), [&](long iterations) {
      core_to_core.push_back(core_to_core_ns());
      iterations_a_task = iterations;
      return run(cluster, pattern, work, ++salt);
    }).value);
  report("metg.stencil_1d", "us", grains, Parameters().add("width", width).add("steps", steps).add("lanes", cores));
  report("metg.core_to_core", "ns", core_to_core, Parameters().add("what", "a cache line to the other core and back, before each run"));
}
