#include "simulation/recorded/what_if.hpp"

#include "simulation/world.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::simulation::recorded {
namespace {
runtime::Bytes bytes_of(double mib) { return {static_cast<std::uint64_t>(mib * 1048576)}; }

/// Tasks of a program's data become what is there before the graph.
Workload workload_of(const LiveRun& run) {
  Workload workload;
  auto graph = std::make_shared<runtime::graph::Graph>();
  graph->operations = run.operations;
  std::ranges::sort(graph->operations);
  graph->operations.erase(std::ranges::unique(graph->operations).begin(), graph->operations.end());
  graph->options.emplace_back();
  std::vector<runtime::graph::Index> place(run.what.tasks.size());
  std::vector<bool> is_used(run.what.tasks.size());
  for (std::size_t i = 0; i < run.what.tasks.size(); ++i) {
    const engine::Task& task = run.what.tasks[i];
    const runtime::Key key{1, i};
    const runtime::Bytes output = task.outputs.empty() ? runtime::Bytes{} : bytes_of(run.what.objects[task.outputs.front()].size);
    if (run.is_data[i]) {
      place[i] = static_cast<runtime::graph::Index>(graph->externals.size()) | runtime::graph::external_bit;
      graph->externals.push_back(key);
      workload.externals.push_back({output, run.outcome.tasks[i].node});
      continue;
    }
    place[i] = static_cast<runtime::graph::Index>(graph->tasks.size());
    const auto operation = static_cast<std::uint32_t>(std::ranges::lower_bound(graph->operations, run.operations[i]) - graph->operations.begin());
    graph->tasks.push_back({key, 0, 0, operation, 0, static_cast<std::uint32_t>(graph->inputs.size())});
    for (const std::uint32_t input : task.inputs) {
      const std::uint32_t producer = run.what.objects[input].producer;
      graph->inputs.push_back(place[producer]);
      is_used[producer] = true;
    }
    TaskCost& cost = workload.costs.emplace_back();
    cost.output = output, cost.takes = runtime::Duration{std::llround(task.duration * 1e9)};
  }
  for (std::size_t i = 0; i < run.what.tasks.size(); ++i)
    if (!run.is_data[i] && !is_used[i]) workload.wanted.push_back(place[i]);
  workload.graph = std::move(graph);
  return workload;
}
}  // namespace

Errors errors_of(const LiveRun& run, const engine::Outcome& replayed) {
  const double live = run.outcome.last_task_end;
  std::vector<double> starts;
  for (std::size_t i = 0; i < run.what.tasks.size(); ++i)
    if (!run.is_data[i]) starts.push_back(std::abs(replayed.tasks[i].start - run.outcome.tasks[i].start) / live);
  std::ranges::sort(starts);
  return {replayed.last_task_end / live - 1, starts[starts.size() / 2], starts[starts.size() * 95 / 100], starts.back()};
}

runtime::Result<Outcome> run_by_cores(const LiveRun& run, const std::string& policy, std::uint64_t seed, const Speeds& speeds) {
  const Workload workload = workload_of(run);
  Machines machines;
  machines.policy = policy, machines.seed = seed, machines.speeds = speeds;
  for (std::size_t node = 0; node < run.nodes.size(); ++node)
    machines.nodes.push_back({.lanes = run.what.cpus[node], .limit = runtime::gib(1 << 20), .process = {}});
  for (const std::uint32_t program : run.programs) machines.nodes[program].lanes = 0;
  Outcome outcome = World(workload, machines).run();
  if (!outcome.is_done) return runtime::Failure{runtime::ErrorCode::invalid_argument, outcome.why};
  return outcome;
}
}  // namespace tessera::simulation::recorded
