/// @file
/// Kernels of index arrays, masks and new values at places: which elements a chunk of a result takes is told by other elements.
#pragma once
#include "arrays/block.hpp"
#include "arrays/shape/chunks.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tessera::arrays::kernels {
/// Where an index points to: a chunk, counted in C order, of the dimensions that are indexed, and an element of those of the chunk.
struct Target {
  std::int64_t chunk = 0, row = 0;
};
/// Of `indices`, int64, which count from the end where negative: all those of the first of the dimensions that `indexed` cuts, then all of the
/// next. Refuses one that is out of range, with it and the length in the sentence.
runtime::Result<std::vector<Target>> targets_of(const Block& indices, const shape::Chunks& indexed);

/// What blocks of chunks are when something is taken of them.
enum class Source : std::uint8_t {
  whole,   ///< The chunks.
  picked,  ///< What `pick` and `pick_along` took of them for the same targets.
};

/// The rows at the targets, of `dimensions` dimensions from `axis` on, which one takes the place of; the blocks are those of the chunks `numbers`.
runtime::Result<Block> take(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::vector<Target> targets, std::size_t axis,
                            std::size_t dimensions, Source source);
/// Of the rows that `indices` mean, as in `targets_of`, those of the block, which is chunk `number`; in their order.
runtime::Result<Block> pick(const Block& block, const Block& indices, const shape::Chunks& indexed, std::int64_t number, std::size_t axis);

/// Each element of the result, of `shape`, is of the same line along `axis`, at its target; there are as many targets as elements.
runtime::Result<Block> take_along(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::vector<Target> targets, std::size_t axis,
                                  ShapeView shape, Source source);
/// The elements that `take_along` takes of the block, which is chunk `number` along the axis, in their order and one dimension.
runtime::Result<Block> pick_along(const Block& block, const Block& indices, const shape::Cuts& cuts, std::int64_t number, std::size_t axis);

/// The rows along `axis` where `mask`, bool and of one dimension, is true.
runtime::Result<Block> compress(const Block& block, const Block& mask, std::size_t axis);
/// The positions in C order of the elements that are not zero, `start` more.
Block flat_nonzero(const Block& block, std::int64_t start);
/// Such positions in an array of `shape`, each as a row of one index for each dimension.
runtime::Result<Block> unravelled(const Block& positions, ShapeView shape);
/// For each of `count` positions from `start` on, of `length`, the last of `indices` (int64, of one dimension) that names it, or -1.
runtime::Result<Block> last_written(const Block& indices, std::int64_t start, std::int64_t count, std::int64_t length);
/// Blocks in C order of a grid, `counts` along each dimension, as one.
runtime::Result<Block> joined(std::span<const Block> blocks, ShapeView counts);
}  // namespace tessera::arrays::kernels
