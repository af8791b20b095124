/// @file
/// Cumulative sums and products along an axis, in chunks: the totals of chunks are cumulated, then each chunk begins where the one before it ends.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>

namespace tessera::arrays::kernels {
enum class Cumulation : std::uint8_t { sum, prod };  ///< The numbers are on the wire.

/// What is added up in: float64 of float32, complex128 of complex64, else the dtype itself; integers wrap.
Dtype accumulator_of(Dtype dtype);
/// The sum or product of all elements along the axis, whose length becomes 1, as accumulators. Refuses bool and time.
runtime::Result<Block> total(Cumulation by, const Block& block, std::size_t axis);
/// Each element with those before it along the axis, and before them slab `which` of `totals`, where there are any.
runtime::Result<Block> cumulate(Cumulation by, const Block& block, std::size_t axis, const Block* totals, std::int64_t which);
}  // namespace tessera::arrays::kernels
