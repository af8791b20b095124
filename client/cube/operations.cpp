#include "client/cube/operations.hpp"

#include "arrays/kernels/layout.hpp"
#include "arrays/kernels/reduce.hpp"
#include "client/cube/sizes.hpp"
#include "client/operation.hpp"
#include "serialization/block_codec.hpp"

namespace tessera::cube_operations {
namespace kernels = arrays::kernels;

namespace {
Block need(runtime::Result<Block> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}
arrays::Dtype named(const std::string& dtype) {
  const auto known = arrays::dtype_named(dtype);
  if (!known) throw Error(ErrorCode::invalid_argument, "there is no dtype \"" + dtype + "\"");
  return *known;
}
std::size_t axis_of(std::int64_t axis) { return static_cast<std::size_t>(axis); }
}  // namespace

Block sums(const Block& block, std::int64_t axis) { return need(kernels::sums(block, axis_of(axis))); }
Block grouped_sums(const Block& block, std::int64_t axis, const std::vector<std::int32_t>& group_of, std::int32_t group_count) {
  return need(kernels::grouped_sums(block, axis_of(axis), group_of, group_count));
}
Block combine_sums(const std::vector<Block>& partials) { return need(kernels::combine_sums(partials)); }
Block mean(const std::vector<Block>& partials, const std::string& dtype) {
  return need(kernels::mean_of_sums(combine_sums(partials), named(dtype)));
}
Block moments(const Block& block, std::int64_t axis) { return need(kernels::moments(block, axis_of(axis))); }
Block combine_moments(const std::vector<Block>& partials) { return need(kernels::combine_moments(partials)); }
Block deviation(const std::vector<Block>& partials, std::int64_t ddof, const std::string& dtype) {
  return need(kernels::deviation_of_moments(combine_moments(partials), static_cast<int>(ddof), named(dtype)));
}
Block subtract(const Block& a, const Block& b, const Numbers& b_shape) {
  return need(kernels::subtract(a, need(kernels::reshape(b, b_shape))));
}
Block subtract_groups(const Block& a, const Block& b, std::int64_t axis, const std::vector<std::int32_t>& indices,
                      const Numbers& b_shape) {
  return subtract(a, need(kernels::take(b, axis_of(axis), indices)), b_shape);
}
Block slab(const Block& block, std::int64_t axis, std::int64_t index) {
  arrays::Shape shape(block.shape().begin(), block.shape().end());
  if (axis < 0 || axis_of(axis) >= shape.size()) throw Error(ErrorCode::invalid_argument, "there is no axis " + std::to_string(axis));
  arrays::Shape start(shape.size(), 0), rest = shape;
  start[axis_of(axis)] = index;
  shape[axis_of(axis)] = 1;
  rest.erase(rest.begin() + axis);
  return need(kernels::reshape(need(kernels::slice(block, start, shape)), rest));
}
Block join(const std::vector<Block>& blocks, std::int64_t axis, const Numbers& starts, const Numbers& counts) {
  std::vector<Block> pieces;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    arrays::Shape start(blocks[i].rank(), 0), count(blocks[i].shape().begin(), blocks[i].shape().end());
    start.at(axis_of(axis)) = starts.at(i);
    count.at(axis_of(axis)) = counts.at(i);
    pieces.push_back(need(kernels::slice(blocks[i], start, count)));
  }
  return need(kernels::concatenate(pieces, axis_of(axis)));
}

TESSERA_OPERATION_SIZED_AS(sums, "tessera.sums", Effects::pure, sums_sizes);
TESSERA_OPERATION_SIZED_AS(grouped_sums, "tessera.grouped_sums", Effects::pure, grouped_sums_sizes);
TESSERA_OPERATION_SIZED_AS(combine_sums, "tessera.combine_sums", Effects::pure, combine_sizes);
TESSERA_OPERATION_SIZED_AS(mean, "tessera.mean", Effects::pure, mean_sizes);
TESSERA_OPERATION_SIZED_AS(moments, "tessera.moments", Effects::pure, moments_sizes);
TESSERA_OPERATION_SIZED_AS(combine_moments, "tessera.combine_moments", Effects::pure, combine_sizes);
TESSERA_OPERATION_SIZED_AS(deviation, "tessera.deviation", Effects::pure, deviation_sizes);
TESSERA_OPERATION_SIZED_AS(subtract, "tessera.subtract", Effects::pure, subtract_sizes);
TESSERA_OPERATION_SIZED_AS(subtract_groups, "tessera.subtract_groups", Effects::pure, subtract_groups_sizes);
TESSERA_OPERATION_SIZED_AS(slab, "tessera.slab", Effects::pure, slab_sizes);
TESSERA_OPERATION_SIZED_AS(join, "tessera.join", Effects::pure, join_sizes);
}  // namespace tessera::cube_operations
