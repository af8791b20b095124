/// @file
/// Order statistics: medians and quantiles of real numbers along axes of one block.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>
#include <span>

namespace tessera::arrays::kernels {
/// What a quantile between two elements is, as in NumPy. The numbers are on the wire.
enum class Between : std::uint8_t { linear, lower, higher, nearest, midpoint, mean };  ///< `mean`: of the two, as a median is.
inline constexpr std::uint8_t between_count = 6;

/// The dtype of quantiles of that: of `lower`, `higher` and `nearest`, which are elements, the same; else floats.
Dtype quantile_dtype(Dtype dtype, Between between);

/// For each of `shares` (0 to 1) the quantile of the elements along `axes`, which are sorted: of shape (number of shares, that of the blocks with 1 for
/// each axis). The blocks, at least one, are pieces of the whole: they are as long as each other but along the axes; in what order they come means
/// nothing. One NaN makes NaN, or where `skips_nan` none counts and only of nothing else it is NaN. Computed in float64, rounded once. Integers and
/// floats; refuses other dtypes, axes and shares that are not there, and where there are no elements.
runtime::Result<Block> quantiles(std::span<const Block> blocks, std::span<const std::size_t> axes, std::span<const double> shares, Between between, bool skips_nan);
}  // namespace tessera::arrays::kernels
