/// @file
/// `tessera simulate --cluster FILE`: runs on a cluster that a file describes.
#pragma once
#include "simulation/files/workflow.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::cli {
struct OnCluster {
  std::string file;                      ///< Empty: not asked for.
  std::vector<std::string> faults, jobs;
  double measured = 0;                   ///< Factor of measured time; 0: it is not measured.
  std::string rules = "engine";
};
/// Adds `--cluster` and what needs it; returns `--cluster`.
CLI::Option* add_cluster_options(CLI::App& command, OnCluster& on);

struct ClusterRuns {
  std::vector<std::string> schedulers;
  std::string information = "exact", output = "text";
  std::uint64_t seed = 1;
};
/// Each scheduler on each graph.
int simulate_on_cluster(const OnCluster& on, std::vector<simulation::files::Workflow> graphs, const ClusterRuns& wanted);
}  // namespace tessera::cli
