/// @file
/// The operations behind sorting, sets and counts: kernels of `arrays/kernels/sorting.hpp` as tasks.
#pragma once
#include "client/array/operations.hpp"

namespace tessera::array_operations {
/// The lines in order, or (`which` 1) the positions that sort them.
Block sort(const Block& block, std::int64_t axis, std::uint8_t order, std::int64_t which);
/// Elements and positions, `start` more; `most` of each line.
Blocks sorted(const Block& block, std::int64_t axis, std::uint8_t order, std::int64_t start, std::int64_t most);
Blocks merge_sorted(const std::vector<Blocks>& parts, std::int64_t axis, std::uint8_t order, std::int64_t first, std::int64_t count);
Block search(const Block& in_order, const Block& values, std::uint8_t side);
Blocks uniques(const Block& block, std::int64_t start);
Blocks merge_uniques(const std::vector<Blocks>& parts);
/// `of` is one result: several blocks of unknown size.
Block unique_inverse(const Block& block, std::int64_t start, const std::vector<Blocks>& of);
Block is_in(const Block& block, const std::vector<Blocks>& of);
/// `data` has elements, and weights where there are any.
Block histogram(const Blocks& data, const Block& edges);
Block bincount(const Blocks& data, std::int64_t least);
Block added(const Blocks& blocks);
}  // namespace tessera::array_operations
