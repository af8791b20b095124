/// @file
/// `tessera simulate --cluster FILE`: runs on a cluster that a file describes.
#pragma once
#include "simulation/experiment/grid.hpp"
#include "simulation/files/workflow.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tessera::cli {
struct OnCluster {
  std::vector<std::string> files;        ///< Empty: not asked for.
  std::vector<std::string> faults, jobs;
  double measured = 0;                   ///< Factor of measured time; 0: it is not measured.
  std::string rules = "engine";
};
/// Adds `--cluster` and what needs it; returns `--cluster`.
CLI::Option* add_cluster_options(CLI::App& command, OnCluster& on);

/// The clusters of the files, with what happens to their nodes by chance. Throws `Error`.
std::vector<simulation::experiment::Host> hosts_of(const OnCluster& on, const std::vector<std::string>& files);
/// The further graphs follow. Throws `Error`.
void add_jobs(const OnCluster& on, simulation::engine::Case& graph);

struct Simulated;
/// Throws `Error` where what is wanted does not go together.
void check_cluster_options(const Simulated& wanted);
/// Each scheduler on each graph, on the one cluster.
int simulate_on_cluster(const Simulated& wanted, std::vector<simulation::files::Workflow> graphs);
}  // namespace tessera::cli
