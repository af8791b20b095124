/// @file
/// The commands of `tessera`. Each adds itself to the parser; what it returns when run is the exit code.
#pragma once
#include "runtime/base/result.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace tessera::cli {
/// What `main` runs once the command line is parsed.
using Run = std::function<int()>;

void add_cluster_init(CLI::App& app, Run& run);
void add_coordinator(CLI::App& app, Run& run);
void add_local(CLI::App& app, Run& run);
void add_node(CLI::App& app, Run& run);
void add_simulate(CLI::App& app, Run& run);
void add_simulate_calibrate(CLI::App& simulate, Run& run);
void add_simulate_replay(CLI::App& simulate, Run& run);
void add_status(CLI::App& app, Run& run);
void add_version(CLI::App& app, Run& run);
}  // namespace tessera::cli
