/// @file
/// The operations behind element-wise functions and reductions of arrays of unknown length (A6): the blocks that come tell it.
#pragma once
#include "client/array/operations.hpp"

namespace tessera::array_operations {
/// As `apply` and `reduce`. -1 in `shape` is the length that the inputs `unknown` have there, all the same.
Block apply_unsized(const Blocks& inputs, const Bytes& program, Dtype dtype, const Numbers& shape, const Numbers& unknown);
/// The last of the blocks is the number of elements that each result is of.
Blocks reduce_unsized(const Blocks& inputs, const Bytes& program, const Reductions& reductions, const Numbers& shape, const Numbers& axes, const Numbers& start,
                      const Numbers& whole, const Numbers& unknown);
Blocks combine_unsized(const std::vector<Blocks>& partials, const Reductions& reductions);
/// -1 in `shape` is the length that partials have along `axis`; without one that dimension was reduced.
Block finish_unsized(const std::vector<Blocks>& partials, const Reductions& reductions, std::int64_t which, const Numbers& shape, std::int64_t axis);
}  // namespace tessera::array_operations
