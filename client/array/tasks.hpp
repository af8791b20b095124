/// @file
/// From plans of arrays to tasks. Only chunks that somebody needs get any (rule A7). Partials are combined in trees whose shape depends on
/// the chunks alone, so results have the same bits wherever and in whatever order they are computed (A4).
#pragma once
#include "arrays/expression/plan.hpp"
#include "client/graph.hpp"
#include "serialization/block_codec.hpp"

#include <functional>
#include <vector>

namespace tessera::detail {
/// Chunks from elsewhere: adds the task of one to a graph, or names a future.
struct ChunkSource : arrays::expression::Source {
  virtual runtime::graph::Index chunk(Graph& graph, std::size_t number, const arrays::shape::Box& box) const = 0;
};

/// Makes a block of this program an input of tasks.
using Give = std::function<runtime::graph::Index(Graph& graph, const arrays::Block& block)>;

/// Adds the tasks of the plan; gives for each wanted node its chunks in C order, each the result of a task.
std::vector<std::vector<Deferred<arrays::Block>>> add_tasks(Graph& graph, const arrays::expression::Plan& plan, const Give& give);
}  // namespace tessera::detail
