/// @file
/// What varies in a grid of runs, as a file (`tessera.grid/1`, JSON).
#pragma once
#include "simulation/experiment/grid.hpp"

#include <string>
#include <string_view>

namespace tessera::simulation::files {
/// `{"format": "tessera.grid/1", "graphs": [{"generate": RECIPE}, {"workflow": PATH}, {"case": PATH}], "nodes": ["4x4"], "bandwidth": [100], "network": ["simple"],
/// "information": ["exact"], "scheduler": ["heft", "blevel"], "seeds": 20}`; `seeds` are so many from 1, or a list of them. All but format, graphs and scheduler may be left out.
/// `"cluster": [PATH]`, files of clusters, takes the place of nodes, bandwidth and network.
/// Paths are relative to `folder`. `bad_input`: where, what was wrong and what there should be.
runtime::Result<experiment::Axes> parse_axes(std::string_view text, const std::string& folder = ".");
runtime::Result<experiment::Axes> read_axes(const std::string& path);

/// The graphs of the sources, with what is wrong with each. A file of several cases gives each of them.
enum class InitialFiles : std::uint8_t { left_out, kept };
runtime::Result<std::vector<experiment::Graph>> read_graphs(const std::vector<experiment::Source>& sources, InitialFiles files = InitialFiles::left_out);
/// The clusters of the files.
runtime::Result<std::vector<experiment::Host>> read_hosts(const std::vector<std::string>& paths);
}  // namespace tessera::simulation::files
