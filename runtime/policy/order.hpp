/// @file
/// Orders of tasks that came to be known together.
#pragma once
#include "runtime/graph/graph.hpp"
#include "runtime/policy/problem.hpp"

#include <span>
#include <vector>

namespace tessera::runtime::policy {
/// Those tasks, each after those of them that it needs. O(all tasks + edges of these).
std::vector<std::uint32_t> in_order(const Problem& what, std::span<const std::uint32_t> tasks);

/// As a graph, whose tasks have the places in `in_order`. Objects that others make, or that are there, are external: appended to `externals`.
graph::Graph graph_of(const Problem& what, std::span<const std::uint32_t> in_order, std::vector<std::uint32_t>& externals);

/// The rank of each in the coordinator's order (runtime/graph/order.hpp), by its place in `in_order`.
std::vector<std::uint32_t> depth_first(const Problem& what, std::span<const std::uint32_t> in_order);
}  // namespace tessera::runtime::policy
