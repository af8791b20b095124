/// @file
/// The kernel behind views, rechunks and joins: a block from pieces of others.
#pragma once
#include "arrays/shape/view.hpp"

#include <span>

namespace tessera::arrays::shape {
/// A block of `shape` whose elements are those that `pieces` name, `Piece::chunk` being an index into `blocks`. Each element is in one
/// piece. Refuses pieces that reach beyond a block or the result, and those that do not fill it.
runtime::Result<Block> gather(std::span<const Block> blocks, Dtype dtype, ShapeView shape, std::span<const Piece> pieces);

/// Pieces as numbers and back, for parameters of tasks.
std::vector<std::int64_t> packed(std::span<const Piece> pieces);
runtime::Result<std::vector<Piece>> unpacked(std::span<const std::int64_t> numbers, std::size_t rank);
}  // namespace tessera::arrays::shape
