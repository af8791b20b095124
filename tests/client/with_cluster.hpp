/// @file
/// A cluster for each case: one that outlives `main` is no good, as CAF's threads end after it.
#pragma once
#include "client/cluster.hpp"

namespace tessera::test {
/// Of the case that runs.
inline Cluster* current = nullptr;
inline Cluster& cluster() { return *current; }
struct WithCluster {
  Cluster its = Cluster::local({.lanes = 2});
  WithCluster() { current = &its; }
  ~WithCluster() { current = nullptr; }
};
}  // namespace tessera::test
