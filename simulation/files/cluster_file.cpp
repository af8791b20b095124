#include "simulation/files/cluster_file.hpp"

#include "simulation/files/json_value.hpp"

#include <array>

namespace tessera::simulation::files {
using engine::Cluster;
using engine::ClusterNode;
using engine::DownloadOrder;
using engine::NetworkModel;
using engine::NodeEvent;

namespace {
constexpr const char* schema = "tessera-cluster/1";
constexpr std::uint32_t nodes_max = 100'000;
constexpr std::array models = {std::pair("simple", NetworkModel::simple), std::pair("maxmin", NetworkModel::maxmin), std::pair("none", NetworkModel::none)};
constexpr std::array shares = {std::pair("flow", engine::Share::flow), std::pair("pair", engine::Share::pair)};
constexpr std::array orders = {std::pair("by_priority", DownloadOrder::by_priority), std::pair("in_order", DownloadOrder::in_order), std::pair("preemptive", DownloadOrder::preemptive)};
constexpr std::array happenings = {std::pair("join", NodeEvent::What::join), std::pair("leave", NodeEvent::What::leave), std::pair("crash", NodeEvent::What::crash),
                                   std::pair("slow", NodeEvent::What::slow)};
template <std::size_t N, class T>
T one_of(const Value& value, const std::array<std::pair<const char*, T>, N>& all) {
  std::string names;
  for (const auto& [name, what] : all) {
    if (value.text() == name) return what;
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
  }
  value.fail("one of " + names);
}
template <std::size_t N, class T>
const char* name_of(T what, const std::array<std::pair<const char*, T>, N>& all) {
  return std::ranges::find(all, what, &std::pair<const char*, T>::second)->first;
}

/// Each field that is there.
void take(const Value& value, const char* key, double& to) {
  if (value.has(key)) to = value[key].not_negative();
}
std::map<std::string, std::uint32_t> amounts_of(const Value& value) {
  std::map<std::string, std::uint32_t> all;
  for (const auto& [name, amount] : value.fields()) all[name] = amount.count(1);
  return all;
}

void take_nodes(const Value& value, Cluster& cluster) {
  std::map<std::string, bool> names;
  for (const Value& one : value.list()) {
    one.only({"name", "count", "cpus", "speed", "resources", "up", "down", "memory", "disk", "rack"});
    ClusterNode node{one["name"].text(), one["cpus"].count(0)};
    if (one.has("speed")) node.speed = one["speed"].positive();
    if (one.has("up")) node.up = one["up"].positive();
    if (one.has("down")) node.down = one["down"].positive();
    if (one.has("memory")) node.memory = one["memory"].positive();
    if (one.has("disk")) node.disk = one["disk"].positive();
    if (one.has("disk") && !one.has("memory")) one.fail("a \"memory\", as it has a \"disk\"");
    if (one.has("resources")) node.resources = amounts_of(one["resources"]);
    if (one.has("rack")) node.rack = one["rack"].text();
    if (one.has("rack") ? !cluster.racks.contains(node.rack) : !cluster.racks.empty()) one.fail(one.has("rack") ? "a rack of network.racks" : "a \"rack\", as the network has racks");
    const std::uint32_t count = one.has("count") ? one["count"].count(1) : 1;
    if (count > nodes_max) one["count"].fail(fmt::format("at most {} nodes", nodes_max));
    for (std::uint32_t i = 0; i < count; ++i) {
      cluster.nodes.push_back(node);
      if (one.has("count")) cluster.nodes.back().name += std::to_string(i);
      if (!names.emplace(cluster.nodes.back().name, true).second) one["name"].fail("a name that no node before has");
    }
  }
  if (std::ranges::all_of(cluster.nodes, [](const ClusterNode& node) { return node.cpus == 0; })) value.fail("at least one node with cores");
}

std::uint32_t node_of(const Named& its, const Cluster& cluster) {
  const auto at = std::ranges::find(cluster.nodes, its.name, &ClusterNode::name);
  if (at == cluster.nodes.end()) its.fail("the name of a node");
  return static_cast<std::uint32_t>(at - cluster.nodes.begin());
}

void take_network(const Value& value, Cluster& cluster) {
  value.only({"model", "sharing", "bandwidth", "latency_s", "racks", "downloads_max", "downloads_per_source_max", "downloads"});
  if (value.has("model")) cluster.network = one_of(value["model"], models);
  if (value.has("sharing")) cluster.share = one_of(value["sharing"], shares);
  if (cluster.network != NetworkModel::none || value.has("bandwidth")) cluster.bandwidth = value["bandwidth"].positive();
  take(value, "latency_s", cluster.latency);
  if (value.has("downloads_max")) cluster.downloads_max = value["downloads_max"].count(1);
  if (value.has("downloads_per_source_max")) cluster.downloads_per_source_max = value["downloads_per_source_max"].count(1);
  if (value.has("downloads")) cluster.downloads = one_of(value["downloads"], orders);
  if (!value.has("racks")) return;
  for (const auto& [name, rack] : value["racks"].fields()) {
    rack.only({"up", "down"});
    cluster.racks[name] = {rack["up"].positive(), rack["down"].positive()};
  }
}

void take_overheads(const Value& value, Cluster& cluster) {
  value.only({"message_s", "scheduler_interval_s", "scheduler_call_s", "scheduler_message_s", "scheduler_task_s", "node_message_s", "node_task_s"});
  take(value, "message_s", cluster.overheads.message);
  take(value, "scheduler_interval_s", cluster.interval);
  take(value, "scheduler_call_s", cluster.scheduling_time);
  take(value, "scheduler_message_s", cluster.overheads.scheduler_message);
  take(value, "scheduler_task_s", cluster.overheads.scheduler_task);
  take(value, "node_message_s", cluster.overheads.node_message);
  take(value, "node_task_s", cluster.overheads.node_task);
}

void take_events(const Value& value, Cluster& cluster) {
  for (const Value& one : value.list()) {
    one.only({"time", "node", "what", "speed"});
    NodeEvent event{one["time"].not_negative(), node_of(one["node"].named(), cluster), one_of(one["what"], happenings)};
    if (event.what == NodeEvent::What::slow) event.speed = one["speed"].positive();
    else if (one.has("speed")) one["speed"].fail("nothing, as only \"slow\" has a speed");
    if (!cluster.events.empty() && event.time < cluster.events.back().time) one["time"].fail(fmt::format("a time of at least {}, that of the event before", cluster.events.back().time));
    cluster.events.push_back(event);
  }
}
}  // namespace

runtime::Result<Cluster> parse_cluster(std::string_view text) {
  return reading_json([](const Value& file) {
    if (file["schema"].text() != schema) file["schema"].fail(fmt::format("\"{}\"", schema));
    file.only({"schema", "name", "about", "nodes", "network", "overheads", "times", "needs", "storage", "events"});
    Cluster cluster;
    if (file.has("name")) cluster.name = file["name"].text();
    take_network(file["network"], cluster);
    take_nodes(file["nodes"], cluster);
    if (file.has("overheads")) take_overheads(file["overheads"], cluster);
    if (file.has("times"))
      for (const auto& [kind, row] : file["times"].fields())
        for (const auto& [node, factor] : row.fields()) {
          node_of({node, fmt::format("times.{}", kind)}, cluster);
          cluster.times[kind][node] = factor.positive();
        }
    if (file.has("needs"))
      for (const auto& [kind, amounts] : file["needs"].fields()) cluster.needs[kind] = amounts_of(amounts);
    if (file.has("storage")) cluster.storage = node_of(file["storage"].named(), cluster);
    if (file.has("events")) take_events(file["events"], cluster);
    return cluster;
  }, text);
}

runtime::Result<Cluster> read_cluster(const std::string& path) { return read_file(path, parse_cluster); }

std::string text_of(const Cluster& cluster) {
  using ordered = nlohmann::ordered_json;
  ordered nodes = ordered::array(), events = ordered::array(), racks = ordered::object();
  for (const ClusterNode& node : cluster.nodes) {
    ordered one{{"name", node.name}, {"cpus", node.cpus}};
    if (node.speed != 1) one["speed"] = node.speed;
    if (!node.resources.empty()) one["resources"] = node.resources;
    if (node.up > 0) one["up"] = node.up;
    if (node.down > 0) one["down"] = node.down;
    if (node.memory > 0) one["memory"] = node.memory;
    if (node.disk > 0) one["disk"] = node.disk;
    if (!node.rack.empty()) one["rack"] = node.rack;
    nodes.push_back(std::move(one));
  }
  for (const NodeEvent& event : cluster.events) {
    events.push_back({{"time", event.time}, {"node", cluster.nodes[event.node].name}, {"what", name_of(event.what, happenings)}});
    if (event.what == NodeEvent::What::slow) events.back()["speed"] = event.speed;
  }
  ordered network{{"model", name_of(cluster.network, models)}, {"sharing", name_of(cluster.share, shares)}};
  if (cluster.bandwidth > 0) network["bandwidth"] = cluster.bandwidth;
  network["latency_s"] = cluster.latency;
  for (const auto& [name, rack] : cluster.racks) racks[name] = {{"up", rack.up}, {"down", rack.down}};
  if (!racks.empty()) network["racks"] = std::move(racks);
  if (cluster.downloads_max > 0) network["downloads_max"] = cluster.downloads_max;
  if (cluster.downloads_per_source_max > 0) network["downloads_per_source_max"] = cluster.downloads_per_source_max;
  if (cluster.downloads != DownloadOrder::by_priority) network["downloads"] = name_of(cluster.downloads, orders);
  const engine::Overheads& its = cluster.overheads;
  ordered file{{"schema", schema}, {"name", cluster.name}, {"nodes", std::move(nodes)}, {"network", std::move(network)},
               {"overheads", {{"message_s", its.message}, {"scheduler_interval_s", cluster.interval}, {"scheduler_call_s", cluster.scheduling_time},
                              {"scheduler_message_s", its.scheduler_message}, {"scheduler_task_s", its.scheduler_task}, {"node_message_s", its.node_message},
                              {"node_task_s", its.node_task}}}};
  if (!cluster.times.empty()) file["times"] = cluster.times;
  if (!cluster.needs.empty()) file["needs"] = cluster.needs;
  if (cluster.storage != engine::nobody) file["storage"] = cluster.nodes[cluster.storage].name;
  if (!events.empty()) file["events"] = std::move(events);
  return file.dump(1) + "\n";
}
}  // namespace tessera::simulation::files
