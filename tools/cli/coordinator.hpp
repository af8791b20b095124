/// @file
/// Running a coordinator until it is told to end; `tessera coordinator` and `tessera local` share it.
#pragma once
#include "actors/cluster_host.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/signals.hpp"

#include <functional>

namespace tessera::cli {
struct CoordinatorOptions {
  std::string listen = default_address, name = "tessera", policy = "locality", output = "text", record;
  std::uint64_t seed = 1;
  double no_node_timeout = 60;
  std::vector<std::string> plugins;       ///< Loaded before the start.
  Trust trust;

  void add(CLI::App& command);
  /// Throws `Error`.
  std::unique_ptr<actors::ClusterHost> start() const;
  /// Tells the address to who started it, on stdout.
  void announce(const actors::ClusterHost& host) const;
};

/// Until Ctrl-C: then no more members, and the end once no job is left; a second Ctrl-C ends it at once. `look` is called every
/// second.
int serve(actors::ClusterHost& host, Signals& signals, const std::function<void()>& look = [] {});
}  // namespace tessera::cli
