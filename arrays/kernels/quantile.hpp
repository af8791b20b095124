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

/// For each of `shares` (0 to 1) the quantile of the elements along `axes`, which are sorted: of shape (number of shares, the block's with 1 for each
/// axis). One NaN makes NaN, or where `skips_nan` none counts and only of nothing else it is NaN. Computed in float64, rounded once. Integers and
/// floats; refuses other dtypes, axes and shares that are not there, and an empty axis.
runtime::Result<Block> quantiles(const Block& block, std::span<const std::size_t> axes, std::span<const double> shares, Between between, bool skips_nan);
}  // namespace tessera::arrays::kernels
