/// @file
/// Which node each task of a submission is to run on, said before any of it runs: so it does not depend on when nodes report. Tasks that use the same data lie
/// together, and every node gets as much to do. docs/decisions/0010-homes.md has the reasons.
#pragma once
#include "runtime/graph/graph.hpp"
#include "runtime/policy/placement.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tessera::runtime::policy {
/// In place of a home: it is to be found.
inline constexpr std::uint32_t undivided = 0xFFFFFFFEu;

/// What is divided.
struct Submission {
  const graph::Graph& graph;
  std::span<const std::uint32_t> ranks;      ///< Of each task, the order in which they are to run; empty: that of the graph.
  std::span<const std::uint32_t> externals;  ///< The node that has each, or `nowhere`.
  std::span<const std::uint32_t> lanes;      ///< Of each node; 0: it gets nothing.
  std::uint32_t start = 0;                   ///< The node that gets the first task without data.
};

/// Gives each task of `homes` that is `undivided` its node; the others are known already. In the order of ranks:
/// - a task that is the only one to use an input goes where most of these are: no other place has less to move;
/// - one that shares all its inputs with others goes where they are, too, but an input counts less the more tasks use it, and a node less the more it has beyond its part
///   of the tasks that are as deep in the graph;
/// - one without data goes to the node that got the one before, until that has its part: what follows each other in a depth-first order is used together.
/// O(tasks + inputs + depth x nodes).
void divide(const Submission& submission, std::vector<std::uint32_t>& homes);

/// How many tasks it has that are to be divided and have no inputs.
std::uint32_t count_without_data(const graph::Graph& graph, std::span<const std::uint32_t> homes);
}  // namespace tessera::runtime::policy
