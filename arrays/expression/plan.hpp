/// @file
/// Plans: the nodes of expressions in the order in which they are made, and what the optimiser does to them. It changes which tasks there
/// are, never a bit of a result (rule K7).
#pragma once
#include "arrays/expression/node.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::arrays::expression {
/// A node whose operands are earlier nodes of its plan.
struct Planned {
  Dtype dtype{};
  shape::Chunks chunks;
  What what;
  std::vector<std::size_t> of;
  friend bool operator==(const Planned&, const Planned&) = default;
};

struct Plan {
  std::vector<Planned> nodes;
  std::vector<std::size_t> wanted;  ///< For each expression.
};

/// Each node of the expressions once, as it was written.
Plan plan_of(std::span<const NodeRef> wanted);

/// Of a chain of element-wise steps that is fused: so many steps and operands at most, as all operands of a chunk are in memory together.
inline constexpr std::size_t fused_steps_max = 1024;
inline constexpr std::size_t fused_operands_max = 16;

/// Merges nodes that are equal, makes one view of views of views, numbers of arrays that are full of one, one program of element-wise
/// chains and the first stage of reductions behind them, and one first stage of several reductions of the same; leaves out what nobody
/// wants then.
Plan optimised(const Plan& plan);
}  // namespace tessera::arrays::expression
