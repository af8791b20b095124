/// @file
/// Graph x cluster x network x information x policy x seed: each combination is a cell, and its run depends on nothing else.
#pragma once
#include "runtime/policy/nonsense.hpp"
#include "simulation/engine/cluster.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::experiment {
/// Where a graph comes from.
struct Source {
  enum class Kind : std::uint8_t { case_file, workflow, recipe } kind = Kind::recipe;
  std::string text;                      ///< A path, or a recipe of simulation/generate/generate.hpp.
};
/// What varies, as a command line or a file says it.
struct Axes {
  std::vector<Source> graphs;
  std::vector<std::string> nodes{"4x4"}; ///< As `cores_of` reads them; not for graphs that have their own.
  std::vector<double> bandwidths{100};   ///< MiB/s of each node; the same.
  std::vector<std::string> networks{"simple"}, informations{"exact"}, schedulers;
  std::vector<std::uint64_t> seeds{1};
  std::vector<std::string> clusters;     ///< Files. Where there are any, they take the place of nodes, bandwidths and networks.
};
/// "4x16": four nodes of 16 cores. `invalid_argument`: what was expected.
runtime::Result<std::vector<std::uint32_t>> cores_of(const std::string& text);

struct Graph {
  std::string label;                     ///< As its source says it.
  engine::Case what;
  bool has_cluster = false;              ///< Its nodes and bandwidth are its own.
  std::optional<engine::Case> with_files = {};  ///< With the files that no task makes, for a cluster with a storage; nothing: they were left out.
};
/// A cluster of a file, with what happens there.
struct Host {
  std::string label;
  engine::Cluster cluster;
  bool has_live_rules = false;           ///< Those of simulation/live_rules.hpp, not the engine's.
};
/// A graph on a host.
struct Placed {
  engine::Case what;
  engine::Setting setting;
  std::optional<engine::Cluster> live;   ///< It has live rules.
};
/// A graph on a cluster.
struct Subject {
  std::uint32_t graph = 0;
  std::string nodes;                     ///< As it was said; "own": those of the graph.
  std::vector<std::uint32_t> cpus;
  double bandwidth = 0;
  std::shared_ptr<const Placed> placed = nullptr;  ///< On a host; null: on `cpus` with `bandwidth`.
};
struct Grid {
  std::vector<Graph> graphs;
  std::vector<Subject> subjects;
  std::vector<std::string> networks, informations, schedulers;
  std::vector<std::uint64_t> seeds;

  std::size_t settings() const { return subjects.size() * networks.size() * informations.size(); }
  std::size_t cells() const { return settings() * schedulers.size() * seeds.size(); }
  engine::Case on_cluster(const Subject& subject) const;
};
/// All graphs on all clusters, or on all hosts where there are any: then there is one network, "own". `invalid_argument` for names that are not known or there twice, and where an axis has nothing; as `engine::check` where a graph cannot run on a cluster.
runtime::Result<Grid> make_grid(const Axes& axes, std::vector<Graph> graphs, std::span<const Host> hosts = {});

/// What is compared with each other: the same graph, cluster, network and information.
struct Setting {
  std::size_t subject = 0, network = 0, information = 0;
};
Setting setting(const Grid& grid, std::size_t number);
/// Cells are numbered by setting, then scheduler, then seed.
struct Cell {
  std::size_t setting = 0, scheduler = 0, seed = 0;
};
Cell cell(const Grid& grid, std::size_t number);
std::size_t number(const Grid& grid, const Cell& cell);

/// What a cell's run gave.
struct Finding {
  double makespan = 0, total_transfer = 0;  ///< Seconds, MiB.
  std::uint64_t transfer_count = 0;
  std::string failed;                    ///< Why there is nothing of this; empty: there is.
  runtime::policy::NonsenseCounts nonsense = {};  ///< Of the policy; it was left out (live rules).
};
/// Same grid and number, same finding.
Finding run_cell(const Grid& grid, std::size_t number);
}  // namespace tessera::simulation::experiment
