/// @file
/// Clusters of processes on this machine, made from the running program itself.
#pragma once
#include "client/cluster.hpp"

#include <optional>

namespace tessera {
/// What `main` begins with in a program that calls `Cluster::processes`: such a cluster's nodes are the same program, started
/// again. Returns the exit code where this process was started as a node, after it has served as one; else nothing.
///
///     int main(int argc, char** argv) {
///       if (const auto code = tessera::node_main(argc, argv)) return *code;
std::optional<int> node_main(int argc, char** argv);
}  // namespace tessera
