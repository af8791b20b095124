/// @file
/// Reductions of float32 and float64 blocks along one axis, in parts: each chunk gives a partial, partials are combined, the
/// last step makes the result. NaN is a missing value and is left out. Sums are taken in float64 in an order that depends on
/// lengths alone, so the same chunks give the same bits wherever and whenever they are computed.
#pragma once
#include "arrays/block.hpp"

#include <span>

namespace tessera::arrays::kernels {
/// Sums and counts along `axis`, apart for each of `group_count` groups: `group_of[i]` is the group of index `i` on the axis.
/// Gives float64 of shape (2, the block's shape with the axis as long as there are groups): sums, then counts.
runtime::Result<Block> grouped_sums(const Block& block, std::size_t axis, std::span<const std::int32_t> group_of,
                                    std::int32_t group_count);
/// The same in one group; the axis is gone from the shape.
runtime::Result<Block> sums(const Block& block, std::size_t axis);
/// The partial of all that `partials` stand for. At least one; equal shapes; pairwise in the order given.
runtime::Result<Block> combine_sums(std::span<const Block> partials);
/// Means as float32 or float64, without the leading dimension; NaN where nothing was counted.
runtime::Result<Block> mean_of_sums(const Block& partial, Dtype dtype);

/// Count, mean and sum of squared deviations along `axis`, in two passes: float64 of shape (3, the shape without the axis).
runtime::Result<Block> moments(const Block& block, std::size_t axis);
/// Chan's formula, pairwise in the order given.
runtime::Result<Block> combine_moments(std::span<const Block> partials);
/// Standard deviations, `ddof` subtracted from the count; NaN where fewer than `ddof` + 1 values were counted.
runtime::Result<Block> deviation_of_moments(const Block& partial, int ddof, Dtype dtype);
}  // namespace tessera::arrays::kernels
