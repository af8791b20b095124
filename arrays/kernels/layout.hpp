/// @file
/// Kernels that move elements, of any dtype, and the one arithmetic step that anomalies need.
#pragma once
#include "arrays/block.hpp"

#include <span>

namespace tessera::arrays::kernels {
/// Joins blocks of one dtype along an axis that they have; the other lengths must agree.
runtime::Result<Block> concatenate(std::span<const Block> blocks, std::size_t axis);
/// Joins blocks of one dtype and shape along a new axis.
runtime::Result<Block> stack(std::span<const Block> blocks, std::size_t axis);
/// The elements from `start` on, `count` along each dimension.
runtime::Result<Block> slice(const Block& block, ShapeView start, ShapeView count);
/// The slabs at `indices` of one axis, in that order; repetitions are allowed.
runtime::Result<Block> take(const Block& block, std::size_t axis, std::span<const std::int32_t> indices);
/// The same elements in another shape of as many.
runtime::Result<Block> reshape(const Block& block, ShapeView shape);
/// `a - b`, both float32 or both float64. Shapes are aligned at the last dimension; a length of 1 stretches.
runtime::Result<Block> subtract(const Block& a, const Block& b);
}  // namespace tessera::arrays::kernels
