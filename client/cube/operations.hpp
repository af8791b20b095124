/// @file
/// The operations behind `Cube`: kernels as tasks. Every node has them.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::cube_operations {
using arrays::Block;
using Numbers = std::vector<std::int64_t>;

Block sums(const Block& block, std::int64_t axis);
Block grouped_sums(const Block& block, std::int64_t axis, const std::vector<std::int32_t>& group_of, std::int32_t group_count);
Block combine_sums(const std::vector<Block>& partials);
/// Combines what is left and divides.
Block mean(const std::vector<Block>& partials, const std::string& dtype);
Block moments(const Block& block, std::int64_t axis);
Block combine_moments(const std::vector<Block>& partials);
Block deviation(const std::vector<Block>& partials, std::int64_t ddof, const std::string& dtype);
/// `b` in a shape that stretches to that of `a`.
Block subtract(const Block& a, const Block& b, const Numbers& b_shape);
/// The same after the slabs at `indices` of `b` were taken.
Block subtract_groups(const Block& a, const Block& b, std::int64_t axis, const std::vector<std::int32_t>& indices, const Numbers& b_shape);
/// The slab at one index.
Block slab(const Block& block, std::int64_t axis, std::int64_t index);
/// Joins `counts[i]` slabs from `starts[i]` on of each block.
Block join(const std::vector<Block>& blocks, std::int64_t axis, const Numbers& starts, const Numbers& counts);
}  // namespace tessera::cube_operations
