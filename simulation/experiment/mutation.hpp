/// @file
/// Small changes of a case, for a search among cases.
#pragma once
#include "runtime/base/rng.hpp"
#include "simulation/engine/replay.hpp"

namespace tessera::simulation::experiment {
/// What mutated cases stay within. A case that is larger from the beginning only shrinks.
struct Limits {
  std::uint32_t tasks = 16, nodes = 4, cores = 4;  ///< At most; `cores` of one node.
  double seconds = 10;                   ///< At most for a task, and for the transfer of an object.
};

/// One change, drawn: a task's duration, an object's size, an edge more or less, a task more or less, a node more or less, or a node's cores. Without a cycle, and each task fits on some
/// node, if so before. Numbers are multiples of 0.01. What is expected is what is.
engine::Case mutated(engine::Case what, const Limits& limits, runtime::Rng& rng);

/// The case without the task and what it makes, without a node, and without one input of a task. Objects that no task reads are left out, and names become numbers.
engine::Case without_task(engine::Case what, std::uint32_t task);
engine::Case without_node(engine::Case what, std::uint32_t node);
engine::Case without_input(engine::Case what, std::uint32_t task, std::size_t input);
}  // namespace tessera::simulation::experiment
