/// @file
/// What a live cluster takes for messages, transfers and tasks, as a cluster for simulations.
#pragma once
#include "client/cluster.hpp"
#include "simulation/engine/cluster.hpp"

namespace tessera {
/// Measures a cluster that does nothing else meanwhile, in some seconds: means of messages, as what waits for one after the other takes their sum, else medians. Its nodes must be of a program that links this. `invalid_argument` where none of them computes.
///
/// | field | is |
/// |---|---|
/// | `overheads.message`, `scheduling_time` | one message, to a node and from it: half of what lies between the end of a task and the beginning of the one that it asks for in its place, which is a report and an order. Each waits for 5 ms, so that the coordinator and the other threads of the node sleep, as they do when tasks are not short |
/// | `latency` | of a transfer, three messages (offer, request, bytes): so much of four that a result of 8 KiB takes to this program. They follow each other at once |
/// | `bandwidth` | a result of 32 MiB on its way to this program |
/// | `overheads.node_task` | an empty task on its lane, of a chain of them |
/// | `overheads.node_message` | a message of one task, written and read |
/// | `overheads.scheduler_task` | what is left of an empty task when all lanes have many |
///
/// Downloads of one node from another go one after the other in the order in which they were asked for, as those of the runtime do, and share what a node can send and receive.
simulation::engine::Cluster calibrated(Cluster& cluster);
}  // namespace tessera
