/// @file
/// Clusters as files: JSON of the schema `tessera-cluster/1`; docs/simulation.md has its fields.
#pragma once
#include "simulation/engine/cluster.hpp"

#include <string>
#include <string_view>

namespace tessera::simulation::files {
/// Fails with `bad_input`: where, what was wrong, and what there should be. Fields that are not known are errors.
runtime::Result<engine::Cluster> parse_cluster(std::string_view text);
runtime::Result<engine::Cluster> read_cluster(const std::string& path);
/// The text of a file that says this.
std::string text_of(const engine::Cluster& cluster);
}  // namespace tessera::simulation::files
