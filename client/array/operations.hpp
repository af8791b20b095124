/// @file
/// The operations behind `Array`: kernels as tasks. Every node has them. What comes in a task's parameters is checked here.
#pragma once
#include "arrays/block.hpp"
#include "arrays/expression/node.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::array_operations {
using arrays::Block;
using arrays::Dtype;
using Blocks = std::vector<Block>;
using Bytes = std::vector<std::byte>;
using Numbers = std::vector<std::int64_t>;
using arrays::kernels::Reduction;
using Reductions = std::vector<Reduction>;

/// The first output of a program, of that dtype and shape. The chunk lies at `start` in the array of shape `whole`: nothing where the program makes
/// no elements. `layouts`: of each input its offset and strides, or nothing if all lie as they are.
Block apply(const Blocks& inputs, const Bytes& program, Dtype dtype, const Numbers& shape, const Numbers& start, const Numbers& whole, const Numbers& layouts);
/// The partials of the program's outputs.
Blocks reduce(const Blocks& inputs, const Bytes& program, const Reductions& reductions, const Numbers& shape, const Numbers& axes, const Numbers& start,
              const Numbers& whole, const Numbers& layouts);
Blocks combine(const std::vector<Blocks>& partials, const Reductions& reductions);
/// Combines what is left of reduction `which` and finishes it in that shape.
Block finish(const std::vector<Blocks>& partials, const Reduction& reduction, std::int64_t which, const Numbers& shape);
/// A block from pieces (`arrays/shape/gather.hpp`) of others.
Block gather(const Blocks& blocks, Dtype dtype, const Numbers& shape, const Numbers& pieces);
/// One of the blocks that a task made, of that dtype and shape; a length of -1 is not known.
Block part(const std::vector<Blocks>& of, std::int64_t number, Dtype dtype, const Numbers& shape);
Block reshape(const Block& block, const Numbers& shape);
/// Elements known from their index: a kind of `arrays::expression::Make`, its numbers as bytes, its offset; `count` from `start` on of an
/// array of shape `whole`.
Block make(Dtype dtype, std::uint8_t kind, const Bytes& numbers, std::int64_t offset, const Numbers& start, const Numbers& count, const Numbers& whole);
}  // namespace tessera::array_operations
