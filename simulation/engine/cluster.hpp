/// @file
/// What graphs run on, with names, as a cluster file says it (simulation/files/cluster_file.hpp).
#pragma once
#include "simulation/engine/replay.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::engine {
struct ClusterNode {
  std::string name;
  std::uint32_t cpus = 1;                ///< 0: it only holds data.
  double speed = 1;                      ///< A task takes its duration divided by this.
  std::map<std::string, std::uint32_t> resources = {};
  double up = 0, down = 0;               ///< MiB/s; 0: those of the network.
  double memory = 0;                     ///< MiB; 0: not said, any amount.
  double disk = 0;                       ///< MiB/s; 0: there is none.
  std::string rack = {};                 ///< In `Cluster::racks`; either all nodes have one, or none.
};
struct Cluster {
  std::string name;
  std::vector<ClusterNode> nodes;
  NetworkModel network = NetworkModel::simple;
  Share share = Share::flow;
  double bandwidth = 0, latency = 0;     ///< MiB/s of each node, in both directions; seconds.
  std::map<std::string, Rack> racks = {};
  std::uint32_t downloads_max = 0, downloads_per_source_max = 0;
  DownloadOrder downloads = DownloadOrder::by_priority;
  double interval = 0, scheduling_time = 0;
  Overheads overheads = {};
  std::map<std::string, std::map<std::string, double>> times = {};             ///< By kind of task and node: instead of 1 / speed.
  std::map<std::string, std::map<std::string, std::uint32_t>> needs = {};      ///< By kind of task and resource, of each of its tasks.
  std::uint32_t storage = nobody;        ///< Where files are that no task makes; `nobody`: everywhere at no cost.
  std::vector<NodeEvent> events = {};    ///< By time.
};

/// Puts the case onto the cluster, and says how runs go there. Kinds that the case does not have are left out. Fails as `check` does.
runtime::Result<Setting> put_on(const Cluster& cluster, Case& what);

/// Events drawn by chance: "crash:mtbf=300,repair=60,until=86400,seed=1" or "slow:mtbf=300,speed=0.5,...". Nodes with cores fail one by one, each after times of an exponential distribution with
/// that mean, up to `until`; after `repair` seconds it joins again, or has its speed again; without `repair` it does not. `invalid_argument`: what was expected.
runtime::Result<std::vector<NodeEvent>> drawn_events(std::string_view text, std::span<const std::uint32_t> cpus);
/// Both, by time.
std::vector<NodeEvent> merged(std::vector<NodeEvent> events, const std::vector<NodeEvent>& more);

/// `job` arrives then: its tasks and objects follow those of `all`. Both have the same resources by name.
void add_job(Case& all, const Case& job, double arrival);
}  // namespace tessera::simulation::engine
