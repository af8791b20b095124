#include "simulation/live_rules.hpp"

#include "runtime/graph/builder.hpp"
#include "runtime/policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::simulation {
using runtime::Failure;
using runtime::Result;
namespace graph = runtime::graph;

namespace {
constexpr const char* cores = "cores";

Failure unknown(const std::string& what) { return {runtime::ErrorCode::invalid_argument, "live rules do not know " + what}; }
Bytes bytes(double mib) { return {static_cast<std::uint64_t>(std::llround(mib * 1048576))}; }

Result<void> check(const engine::Case& what, const engine::Cluster& cluster) {
  if (!cluster.events.empty()) return unknown("events of nodes");
  if (!cluster.times.empty()) return unknown("times by kind of task");
  if (!cluster.racks.empty()) return unknown("racks");
  if (!what.jobs.empty() || !what.revealed_by.empty()) return unknown("tasks that become known later");
  if (std::ranges::any_of(cluster.nodes, [&](const engine::ClusterNode& node) { return node.disk != cluster.nodes.front().disk; })) return unknown("disks of different speeds");
  for (const engine::ClusterNode& node : cluster.nodes)
    if (node.memory <= 0) return Failure{runtime::ErrorCode::invalid_argument, fmt::format("live rules need to know how much memory node \"{}\" has", node.name)};
  return {};
}

std::vector<std::pair<std::string, std::int64_t>> resources_of(const engine::Case& what, std::uint32_t task) {
  std::vector<std::pair<std::string, std::int64_t>> all{{cores, what.tasks[task].cpus}};
  if (!what.needs.empty())
    for (std::size_t i = 0; i < what.resources.size(); ++i)
      if (what.needs[task][i] > 0) all.emplace_back(what.resources[i], what.needs[task][i]);
  std::ranges::sort(all);
  return all;
}

Result<Workload> workload_of(const engine::Case& what) {
  graph::Builder builder;
  Workload workload;
  std::vector<graph::Index> place(what.objects.size());
  for (std::size_t object = 0; object < what.objects.size(); ++object) {
    if (what.objects[object].producer != engine::nobody) {
      place[object] = what.objects[object].producer;
      continue;
    }
    place[object] = builder.external(graph::named_key("data " + std::to_string(object)));
    workload.externals.push_back({bytes(what.objects[object].size), what.objects[object].home});
  }
  std::vector<bool> is_needed(what.tasks.size());
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    const engine::Task& its = what.tasks[task];
    std::vector<graph::Index> inputs;
    for (const std::uint32_t object : its.inputs) {
      inputs.push_back(place[object]);
      if (what.objects[object].producer != engine::nobody) is_needed[what.objects[object].producer] = true;
    }
    std::ranges::sort(inputs);
    inputs.erase(std::ranges::unique(inputs).begin(), inputs.end());
    TaskCost cost;
    for (const std::uint32_t object : its.outputs) cost.output += bytes(what.objects[object].size);
    cost.takes = Duration{static_cast<std::int64_t>(std::llround(its.duration * 1e9))};
    workload.costs.push_back(cost);
    const std::string kind = what.kinds.empty() || what.kinds[its.kind].empty() ? "task" : what.kinds[its.kind];
    const std::uint32_t number[] = {task};
    builder.add(builder.operation(kind), inputs, std::as_bytes(std::span(number)), builder.options({0, 0, graph::Effects::idempotent, resources_of(what, task)}));
  }
  auto built = builder.build();
  if (!built) return built.failure();
  // The builder may sort; each task's number is its parameter.
  std::vector<TaskCost> costs;
  for (graph::Index at = 0; at < built->tasks.size(); ++at) {
    std::uint32_t number = 0;
    std::copy_n(built->params.data() + built->tasks[at].params_begin, sizeof number, reinterpret_cast<std::byte*>(&number));
    costs.push_back(workload.costs[number]);
    if (!is_needed[number]) workload.wanted.push_back(at);
  }
  workload.costs = std::move(costs);
  workload.graph = std::make_shared<const graph::Graph>(std::move(*built));
  return workload;
}

Machines machines_of(const engine::Case& what, const engine::Cluster& cluster, const std::string& policy, std::uint64_t seed) {
  Machines machines;
  machines.policy = policy;
  machines.seed = seed;
  if (cluster.bandwidth > 0) machines.speeds.network = cluster.bandwidth * 1048576;
  if (cluster.nodes.front().disk > 0) machines.speeds.disk = cluster.nodes.front().disk * 1048576;
  machines.speeds.message = Duration{static_cast<std::int64_t>(std::llround((cluster.overheads.message > 0 ? cluster.overheads.message : cluster.latency) * 1e9))};
  machines.speeds.task = Duration{static_cast<std::int64_t>(std::llround(cluster.overheads.node_task * 1e9))};
  machines.speeds.placing = Duration{static_cast<std::int64_t>(std::llround(cluster.overheads.scheduler_task * 1e9))};
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i) {
    Machine one{cluster.nodes[i].cpus, bytes(cluster.nodes[i].memory), {}};
    one.resources.emplace_back(cores, cluster.nodes[i].cpus);
    for (std::size_t r = 0; r < what.resources.size(); ++r)
      if (what.amounts[i][r] > 0) one.resources.emplace_back(what.resources[r], what.amounts[i][r]);
    std::ranges::sort(one.resources);
    one.speed = cluster.nodes[i].speed;
    one.up = cluster.nodes[i].up * 1048576, one.down = cluster.nodes[i].down * 1048576;
    machines.nodes.push_back(std::move(one));
  }
  return machines;
}
}  // namespace

Result<Outcome> run_by_live_rules(const engine::Case& what, const engine::Cluster& cluster, const std::string& policy, std::uint64_t seed) {
  if (auto checked = check(what, cluster); !checked) return checked.failure();
  if (auto known = runtime::policy::check(policy); !known) return known.failure();
  auto workload = workload_of(what);
  if (!workload) return workload.failure();
  const Machines machines = machines_of(what, cluster, policy, seed);
  Outcome outcome = World(*workload, machines).run();
  if (!outcome.is_done) return Failure{runtime::ErrorCode::invalid_argument, outcome.why};
  return outcome;
}
}  // namespace tessera::simulation
