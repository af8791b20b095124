/// @file
/// What a live cluster takes for messages, transfers and tasks, as a cluster for simulations.
#pragma once
#include "client/cluster.hpp"
#include "simulation/engine/cluster.hpp"

namespace tessera {
/// Measures a cluster that does nothing else meanwhile, in some seconds; medians. Its nodes must be of a program that links this. `invalid_argument` where none of them computes.
///
/// | field | is |
/// |---|---|
/// | `latency` | one message: a fourth of an empty task there and its value back, which is two messages each way |
/// | `bandwidth` | a result of 32 MiB on its way to this program |
/// | `overheads.message` | two messages: the report of an end, and the assignment that follows |
/// | `overheads.node_task` | an empty task on its lane, of a chain of them |
/// | `overheads.node_message` | a message of one task, written and read |
/// | `overheads.scheduler_task` | what is left of an empty task when all lanes have many |
///
/// Downloads of one node from another go one after the other, as those of the runtime do, and share what a node can send and receive.
simulation::engine::Cluster calibrated(Cluster& cluster);
}  // namespace tessera
