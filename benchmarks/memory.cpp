// memory.per_task: what the process of a coordinator grows by when 1,000,000 tasks with three inputs each wait, from its resident
// pages; and the coordinator's own count of its arenas.
#include "benchmarks/run.hpp"

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace {
std::atomic<bool> gate{false};
std::int64_t wait_at_gate(std::int64_t salt) {
  while (!gate) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return salt;
}
std::int64_t add(const std::vector<std::int64_t>& inputs, std::int64_t own) { return static_cast<std::int64_t>(inputs.size()) + own; }

double resident_bytes() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}
}  // namespace
TESSERA_OPERATION(wait_at_gate);
TESSERA_OPERATION(add);

int main() {
  using namespace tessera;
  using namespace tessera::benchmarks;
  constexpr std::uint32_t width = 1000, steps = 1001;
  std::vector<double> resident, counted;
  std::size_t edges = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    gate = false;
    Cluster cluster = Cluster::local({.lanes = 2});
    const double before = resident_bytes();
    std::vector<Future<std::int64_t>> futures;
    {
      const Pattern pattern = make_pattern("stencil_1d", width, steps);
      edges = pattern.predecessors.size();
      Graph graph;
      std::vector<Deferred<std::int64_t>> tasks, inputs;
      const auto closed = graph.add(wait_at_gate, std::int64_t{repeat});
      for (std::size_t i = 0; i < pattern.size(); ++i) {
        inputs.assign(1, closed);
        if (i >= width) inputs.clear();
        for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) inputs.push_back(tasks[pattern.predecessors[e]]);
        tasks.push_back(graph.add(add, inputs, static_cast<std::int64_t>(i)));
      }
      futures = cluster.compute(std::move(graph), std::vector(tasks.end() - width, tasks.end()));
    }
    const auto known = [&] {
      const runtime::protocol::Status status = cluster.status();
      return status.tasks_waiting + status.tasks_assigned;
    };
    while (known() < width * steps) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    resident.push_back((resident_bytes() - before) / (width * double{steps}));
    counted.push_back(static_cast<double>(cluster.counters().coordinator_bytes) / (width * double{steps}));
    gate = true;
    for (const auto& future : futures) future.cancel();
  }
  const auto parameters = Parameters().add("tasks", width * steps).add("edges", edges);
  report("memory.per_task", "bytes", resident, Parameters(parameters).add("what", "resident pages of the process"));
  report("memory.per_task", "bytes", counted, Parameters(parameters).add("what", "the coordinator's count"));
}
