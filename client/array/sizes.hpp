/// @file
/// What the operations behind `Array` take, from their parameters and the shapes of their inputs.
#pragma once
#include "client/array/operations.hpp"
#include "client/sizes.hpp"
#include "serialization/block_codec.hpp"
#include "serialization/program_codec.hpp"

namespace tessera::array_operations {
Sizes apply_sizes(const Given<Blocks>& inputs, const Given<Bytes>& program, const Given<Dtype>& dtype, const Given<Numbers>& shape,
                  const Given<Numbers>& start, const Given<Numbers>& whole, const Given<Numbers>& layouts);
Sizes reduce_sizes(const Given<Blocks>& inputs, const Given<Bytes>& program, const Given<Reductions>& reductions, const Given<Numbers>& shape,
                   const Given<Numbers>& axes, const Given<Numbers>& start, const Given<Numbers>& whole, const Given<Numbers>& layouts);
Sizes combine_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reductions>& reductions);
Sizes finish_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reduction>& reduction, const Given<std::int64_t>& which,
                   const Given<Numbers>& shape);
Sizes gather_sizes(const Given<Blocks>& blocks, const Given<Dtype>& dtype, const Given<Numbers>& shape, const Given<Numbers>& pieces);
Sizes part_sizes(const Given<std::vector<Blocks>>& of, const Given<std::int64_t>& number, const Given<Dtype>& dtype, const Given<Numbers>& shape);
Sizes reshape_sizes(const Given<Block>& block, const Given<Numbers>& shape);
Sizes make_sizes(const Given<Dtype>& dtype, const Given<std::uint8_t>& kind, const Given<Bytes>& numbers, const Given<std::int64_t>& offset,
                 const Given<Numbers>& start, const Given<Numbers>& count, const Given<Numbers>& whole);
}  // namespace tessera::array_operations
