#include "benchmarks/validation/live.hpp"

#include "client/calibration/calibration.hpp"
#include "client/tessera.hpp"
#include "serialization/recording.hpp"

#include <sys/prctl.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {
using tessera::arrays::Block;

/// Takes a lane for so long, and no core; what is made is there before.
Block wait_and_make(const std::vector<Block>&, std::int64_t us, std::int64_t elements, std::int64_t) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
  prctl(PR_SET_TIMERSLACK, 1);  // The thread wakes when it asked to, not 50 us later.
  Block made = Block::make<double>({elements}, [](std::span<double> data) { std::ranges::fill(data, 1.0); });
  std::this_thread::sleep_until(end);
  return made;
}
}  // namespace
TESSERA_OPERATION(wait_and_make);

namespace tessera::benchmarks {
namespace {
Cluster cluster_of(const Machines& machines, ProcessOptions options) {
  setenv("TESSERA_LINK_MIB_S", std::to_string(machines.mib_s).c_str(), 1);
  options.processes = machines.processes, options.lanes = machines.lanes;
  return Cluster::processes(std::move(options));
}
}  // namespace

simulation::engine::Cluster calibrate(const Machines& machines) {
  Cluster cluster = cluster_of(machines, {});
  return calibrated(cluster);
}

Live run_live(const simulation::engine::Case& what, const Machines& machines, const std::string& policy, std::uint64_t seed, const std::string& file) {
  Live live;
  {
    Cluster cluster = cluster_of(machines, {.record = file, .policy = policy, .seed = seed});
    Graph graph;
    std::vector<Deferred<Block>> tasks, inputs, last;
    std::vector<bool> is_used(what.tasks.size());
    for (std::size_t i = 0; i < what.tasks.size(); ++i) {
      inputs.clear();
      for (const std::uint32_t input : what.tasks[i].inputs) inputs.push_back(tasks[input]), is_used[input] = true;
      tasks.push_back(graph.add(wait_and_make, inputs, std::llround(what.tasks[i].duration * 1e6), std::llround(what.objects[i].size * 131072), static_cast<std::int64_t>(i)));
      live.keys.push_back(graph.builder().key(tasks.back().index));
    }
    for (std::size_t i = 0; i < tasks.size(); ++i)
      if (!is_used[i]) last.push_back(tasks[i]);
    const auto futures = cluster.compute(std::move(graph), last);
    cluster.wait(futures);
  }
  auto recording = serialization::read_recording(file);
  if (!recording) throw Error(recording.failure());
  live.job = std::move(recording->jobs.front());
  return live;
}
}  // namespace tessera::benchmarks
