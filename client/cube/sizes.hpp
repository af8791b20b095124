/// @file
/// What the operations behind `Cube` take, from the shapes of their inputs.
#pragma once
#include "client/cube/operations.hpp"
#include "client/sizes.hpp"

namespace tessera::cube_operations {
using GroupIndices = std::vector<std::int32_t>;

Sizes sums_sizes(const Given<Block>& block, const Given<std::int64_t>& axis);
Sizes grouped_sums_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<GroupIndices>& group_of,
                         const Given<std::int32_t>& group_count);
Sizes combine_sizes(const Given<std::vector<Block>>& partials);
Sizes mean_sizes(const Given<std::vector<Block>>& partials, const Given<std::string>& dtype);
Sizes moments_sizes(const Given<Block>& block, const Given<std::int64_t>& axis);
Sizes deviation_sizes(const Given<std::vector<Block>>& partials, const Given<std::int64_t>& ddof, const Given<std::string>& dtype);
Sizes subtract_sizes(const Given<Block>& a, const Given<Block>& b, const Given<Numbers>& b_shape);
Sizes subtract_groups_sizes(const Given<Block>& a, const Given<Block>& b, const Given<std::int64_t>& axis, const Given<GroupIndices>& indices,
                            const Given<Numbers>& b_shape);
Sizes slab_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<std::int64_t>& index);
Sizes join_sizes(const Given<std::vector<Block>>& blocks, const Given<std::int64_t>& axis, const Given<Numbers>& starts,
                 const Given<Numbers>& counts);
}  // namespace tessera::cube_operations
