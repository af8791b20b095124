/// @file
/// The operations behind index arrays and masks: kernels of `arrays/kernels/indexing.hpp` as tasks.
#pragma once
#include "client/array/operations.hpp"

namespace tessera::array_operations {
/// `cuts` has for each dimension that is indexed the number of its chunks and their lengths. `kind` is 0 for `take` and 1 for `take_along`.
/// The block of `shape` that `indices` mean; of the chunks `numbers`, or (`is_picked`) of what was picked of them.
Block index_take(const Blocks& blocks, const Block& indices, const Numbers& numbers, const Numbers& cuts, std::uint8_t kind, bool is_picked, std::int64_t axis,
                 const Numbers& shape);
/// What of it lies in chunk `number`: `rows` of them, -1 where nobody knows.
Block index_pick(const Block& block, const Block& indices, std::int64_t number, const Numbers& cuts, std::uint8_t kind, std::int64_t axis, const Numbers& shape,
                 std::int64_t rows);
/// For positions from `start` on the last of the indices that names each, or -1.
Block last_written(const Block& indices, std::int64_t start, std::int64_t count, std::int64_t length);
/// The rows along `axis` where the mask is true.
Block compress(const Block& block, const Block& mask, std::int64_t axis);
Block flat_nonzero(const Block& block, std::int64_t start);
Block unravel(const Block& positions, const Numbers& shape);
/// Chunks in C order of a grid as one block.
Block join(const Blocks& blocks, const Numbers& counts);
Numbers shape_of(const Block& block);
}  // namespace tessera::array_operations
