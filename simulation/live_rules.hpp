/// @file
/// A case of the engine run by the cores that run live (simulation/world.hpp): their rules of queues, downloads, memory and spilling, and a live placement policy.
#pragma once
#include "simulation/engine/cluster.hpp"
#include "simulation/world.hpp"

#include <string>

namespace tessera::simulation {
/// The case, already put on the cluster, whose nodes all have memory. Each task's objects are one chunk; it takes a lane and, where it has several cores, waits for them as for a resource.
/// Of the cluster its nodes' cores, speed, resources, memory and disk, up and down, bandwidth, what a task takes of a node and what a message takes (where that is not said: latency) are used;
/// `invalid_argument` where it has what the live cores do not know: events, times by kind, racks, disks that differ.
runtime::Result<Outcome> run_by_live_rules(const engine::Case& what, const engine::Cluster& cluster, const std::string& policy, std::uint64_t seed);
}  // namespace tessera::simulation
