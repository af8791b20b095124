#include "simulation/engine/cluster.hpp"

#include <algorithm>

namespace tessera::simulation::engine {
using runtime::Result;

namespace {
std::uint32_t place_of(std::vector<std::string>& names, const std::string& name) {
  const auto at = std::ranges::find(names, name);
  if (at != names.end()) return static_cast<std::uint32_t>(at - names.begin());
  names.push_back(name);
  return static_cast<std::uint32_t>(names.size() - 1);
}

void put_resources(const Cluster& cluster, Case& what) {
  for (const ClusterNode& node : cluster.nodes)
    for (const auto& [name, amount] : node.resources) place_of(what.resources, name);
  for (const auto& [kind, needs] : cluster.needs)
    for (const auto& [name, amount] : needs) place_of(what.resources, name);
  if (what.resources.empty()) return;
  const std::size_t count = what.resources.size();
  what.amounts.assign(cluster.nodes.size(), std::vector<std::uint32_t>(count));
  for (std::size_t node = 0; node < cluster.nodes.size(); ++node)
    for (const auto& [name, amount] : cluster.nodes[node].resources) what.amounts[node][place_of(what.resources, name)] = amount;
  what.needs.resize(what.tasks.size());
  for (std::size_t task = 0; task < what.tasks.size(); ++task) {
    what.needs[task].resize(count);
    if (what.kinds.empty()) continue;
    const auto its = cluster.needs.find(what.kinds[what.tasks[task].kind]);
    if (its == cluster.needs.end()) continue;
    for (const auto& [name, amount] : its->second) what.needs[task][place_of(what.resources, name)] = amount;
  }
}

void put_times(const Cluster& cluster, Case& what) {
  what.times.clear();
  if (cluster.times.empty() && std::ranges::all_of(cluster.nodes, [](const ClusterNode& node) { return node.speed == 1; })) return;
  std::vector<double> plain;
  for (const ClusterNode& node : cluster.nodes) plain.push_back(1 / node.speed);
  what.times.assign(std::max<std::size_t>(1, what.kinds.size()), plain);
  for (std::size_t kind = 0; kind < what.kinds.size(); ++kind) {
    const auto row = cluster.times.find(what.kinds[kind]);
    if (row == cluster.times.end()) continue;
    for (std::size_t node = 0; node < cluster.nodes.size(); ++node)
      if (const auto at = row->second.find(cluster.nodes[node].name); at != row->second.end()) what.times[kind][node] = at->second;
  }
}

Links links_of(const Cluster& cluster) {
  Links links;
  links.latency = cluster.latency;
  for (const ClusterNode& node : cluster.nodes) {
    links.up.push_back(node.up > 0 ? node.up : cluster.bandwidth);
    links.down.push_back(node.down > 0 ? node.down : cluster.bandwidth);
    if (!cluster.racks.empty()) links.rack.push_back(static_cast<std::uint32_t>(std::distance(cluster.racks.begin(), cluster.racks.find(node.rack))));
  }
  for (const auto& [name, rack] : cluster.racks) links.racks.push_back(rack);
  return links;
}
}  // namespace

Result<Setting> put_on(const Cluster& cluster, Case& what) {
  what.cpus.clear();
  for (const ClusterNode& node : cluster.nodes) what.cpus.push_back(node.cpus);
  what.bandwidth = cluster.network == NetworkModel::none ? 1e300 : cluster.bandwidth;  // Policies divide by it.
  put_resources(cluster, what);
  put_times(cluster, what);
  for (Object& object : what.objects)
    if (object.producer == nobody) object.home = cluster.storage;
  if (auto checked = check(what); !checked) return checked.failure();
  Setting setting;
  if (std::ranges::any_of(cluster.nodes, [](const ClusterNode& node) { return node.memory > 0; }))
    for (const ClusterNode& node : cluster.nodes) setting.memory.push_back({node.memory, node.disk});
  if (auto checked = check_memory(what, setting.memory); !checked) return checked.failure();
  setting.network = cluster.network;
  setting.downloads_max = cluster.downloads_max, setting.downloads_per_source_max = cluster.downloads_per_source_max;
  setting.downloads = cluster.downloads;
  setting.interval = cluster.interval, setting.scheduling_time = cluster.scheduling_time;
  setting.links = links_of(cluster);
  setting.share = cluster.share;
  setting.overheads = cluster.overheads;
  setting.events = cluster.events;
  return setting;
}

void add_job(Case& all, const Case& job, double arrival) {
  const auto first_task = static_cast<std::uint32_t>(all.tasks.size()), first_object = static_cast<std::uint32_t>(all.objects.size());
  if (all.kinds.empty()) all.kinds = {""};
  std::vector<std::uint32_t> kinds;
  for (const std::string& name : job.kinds) kinds.push_back(all.kind(name));
  if (kinds.empty()) kinds.push_back(all.kind(""));
  const auto moved = [](std::uint32_t place, std::uint32_t first) { return place == nobody ? nobody : place + first; };
  for (Object object : job.objects) {
    object.producer = moved(object.producer, first_task);
    all.objects.push_back(object);
  }
  for (Task task : job.tasks) {
    for (std::uint32_t& input : task.inputs) input += first_object;
    for (std::uint32_t& output : task.outputs) output += first_object;
    task.kind = kinds[task.kind];
    all.tasks.push_back(std::move(task));
  }
  if (!all.needs.empty() || !job.needs.empty()) {
    std::vector<std::size_t> places;
    for (const std::string& name : job.resources) places.push_back(place_of(all.resources, name));
    all.needs.resize(all.tasks.size());
    for (std::size_t task = 0; task < job.needs.size(); ++task) {
      all.needs[first_task + task].resize(all.resources.size());
      for (std::size_t i = 0; i < job.needs[task].size(); ++i) all.needs[first_task + task][places[i]] = job.needs[task][i];
    }
    for (auto& row : all.needs) row.resize(all.resources.size());
    for (auto& row : all.amounts) row.resize(all.resources.size());
  }
  if (!all.revealed_by.empty() || !job.revealed_by.empty()) {
    all.revealed_by.resize(first_task, nobody);
    for (const std::uint32_t task : job.revealed_by) all.revealed_by.push_back(moved(task, first_task));
    all.revealed_by.resize(all.tasks.size(), nobody);
  }
  all.jobs.push_back({job.name, arrival, first_task, static_cast<std::uint32_t>(all.tasks.size())});
}
}  // namespace tessera::simulation::engine
