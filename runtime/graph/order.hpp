/// @file
/// Static order of a graph: depth first, and at once whatever frees as much as it makes, so that little is held.
#pragma once
#include "runtime/graph/graph.hpp"

#include <vector>

namespace tessera::runtime::graph {
/// The rank of each task, a permutation of 0..n-1 that respects the edges; lower runs first (rules O1, O6).
///
/// The idea is that of dask.order (dask/order.py, Rocklin 2014-2023): finish the sub-graph of one final task before the
/// next is begun; among the inputs of a task the one with the most work behind it goes first. A task of which all inputs have their rank,
/// and which is the last to read one of them, has the next rank, whatever final task it is for: data that several results are made of
/// is read once. So have all tasks that divide a result (`Options::divides`) once it is there: it is not kept, or read again, for the next of them. Iterative, without recursion;
/// O(tasks + edges log edges); the same graph gives the same order. `independent` tasks keep graph order (rule O3).
std::vector<std::uint32_t> depth_first_order(const Graph& graph);
}  // namespace tessera::runtime::graph
