/// @file
/// Functions of arrays that have chunks and tasks of their own: what `arrays::expression` has no node for. One that takes for a chunk of its
/// result some chunks of its operands, and makes it in one task, is `Blockwise`; others add tasks as they like.
#pragma once
#include "arrays/expression/node.hpp"
#include "arrays/shape/grid.hpp"
#include "client/graph.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace tessera::detail {
/// Of one call: what is made, and of what.
struct Calling {
  arrays::Dtype dtype{};
  const arrays::shape::Grid& grid;                     ///< Chunks of the result.
  std::vector<const arrays::shape::Grid*> operands;
  std::vector<arrays::Dtype> dtypes;                   ///< Of the operands.
};
/// A chunk of an operand.
using Take = std::function<void(std::size_t operand, std::size_t chunk)>;
/// The tasks of chunks; of those that nobody needs there are none.
using Tasks = std::vector<runtime::graph::Index>;

struct ArrayProcedure : arrays::expression::Procedure {
  /// Takes the operands' chunks that a chunk of the result is made of.
  virtual void need(const Calling& call, std::size_t chunk, const Take& take) const = 0;
  /// Adds the tasks of the wanted chunks of the result. `of` has those of the operands' chunks that these need.
  virtual void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const = 0;
};

/// Each chunk is one task of the chunks that it needs.
struct Blockwise : ArrayProcedure {
  /// `inputs` are as `need` took them.
  virtual runtime::graph::Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const runtime::graph::Index> inputs) const = 0;
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const final;
};
}  // namespace tessera::detail
