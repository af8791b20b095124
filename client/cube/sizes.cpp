#include "client/cube/sizes.hpp"

#include "serialization/block_codec.hpp"

#include <bit>
#include <numeric>

namespace tessera::cube_operations {
using arrays::Dtype;
using arrays::Shape;
using runtime::Bytes;

namespace {
Bytes times(Bytes bytes, std::uint64_t n) { return {bytes.value * n}; }

/// Throws where there is no such axis.
Shape with(const Shape& shape, std::int64_t axis, std::int64_t length) {
  Shape other = shape;
  other.at(static_cast<std::size_t>(axis)) = length;
  return other;
}

/// Of partials: `numbers` values for each element that is left.
Extent partial_of(const Extent& block, std::int64_t axis, std::int64_t numbers, std::optional<std::int64_t> groups) {
  Shape shape = with(block.shape, axis, groups.value_or(1));
  if (!groups) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.begin(), numbers);
  return Extent::of(Dtype::float64, std::move(shape));
}
/// What pairwise combination holds besides its end: a block for each level.
Bytes levels(const Given<std::vector<Block>>& partials) {
  return times(partials.extent().bytes, static_cast<std::uint64_t>(std::bit_width(partials.extents().size() - 1)));
}
Sizes last_step(const Given<std::vector<Block>>& partials, const std::string& dtype) {
  Shape shape = partials.extent().shape;
  shape.erase(shape.begin());
  return {Extent::of(arrays::dtype_named(dtype).value(), std::move(shape)), levels(partials) + partials.extent().bytes};
}
}  // namespace

Sizes sums_sizes(const Given<Block>& block, const Given<std::int64_t>& axis) {
  return {partial_of(block.extent(), axis.value(), 2, std::nullopt)};
}
Sizes grouped_sums_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<GroupIndices>&,
                         const Given<std::int32_t>& group_count) {
  return {partial_of(block.extent(), axis.value(), 2, group_count.value())};
}
Sizes combine_sizes(const Given<std::vector<Block>>& partials) { return {partials.extent(), levels(partials)}; }
Sizes mean_sizes(const Given<std::vector<Block>>& partials, const Given<std::string>& dtype) { return last_step(partials, dtype.value()); }
Sizes moments_sizes(const Given<Block>& block, const Given<std::int64_t>& axis) {
  return {partial_of(block.extent(), axis.value(), 3, std::nullopt)};
}
Sizes deviation_sizes(const Given<std::vector<Block>>& partials, const Given<std::int64_t>&, const Given<std::string>& dtype) {
  return last_step(partials, dtype.value());
}
Sizes subtract_sizes(const Given<Block>& a, const Given<Block>& b, const Given<Numbers>&) { return {a.extent(), b.extent().bytes}; }
Sizes subtract_groups_sizes(const Given<Block>& a, const Given<Block>& b, const Given<std::int64_t>& axis, const Given<GroupIndices>& indices,
                            const Given<Numbers>&) {
  const Extent taken =
      Extent::of(*b.extent().dtype, with(b.extent().shape, axis.value(), static_cast<std::int64_t>(indices.value().size())));
  return {a.extent(), times(taken.bytes, 2)};  // Taken, and in its other shape.
}
Sizes slab_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<std::int64_t>&) {
  const Extent slab = Extent::of(*block.extent().dtype, with(block.extent().shape, axis.value(), 1));
  Shape rest = slab.shape;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(axis.value()));
  return {Extent::of(*slab.dtype, std::move(rest)), slab.bytes};
}
Sizes join_sizes(const Given<std::vector<Block>>& blocks, const Given<std::int64_t>& axis, const Given<Numbers>&, const Given<Numbers>& counts) {
  const Numbers& each = counts.value();
  const Extent joined = Extent::of(*blocks.extent().dtype, with(blocks.extent().shape, axis.value(), std::accumulate(each.begin(), each.end(), std::int64_t{0})));
  return {joined, joined.bytes};  // Its pieces.
}
}  // namespace tessera::cube_operations
