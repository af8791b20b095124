#include "client/array/sorting/operations.hpp"

#include "arrays/kernels/sorting.hpp"
#include "client/sizes.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>

namespace tessera::array_operations {
namespace kernels = arrays::kernels;

namespace {
template <class T>
T need(runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}
std::size_t axis_of(std::int64_t axis) {
  if (axis < 0 || axis >= static_cast<std::int64_t>(arrays::rank_max)) throw Error(ErrorCode::invalid_argument, "a task names an axis that no array has");
  return static_cast<std::size_t>(axis);
}
kernels::Order order_of(std::uint8_t order) { return order == 0 ? kernels::Order::up : kernels::Order::down; }
const Block* weights_of(const Blocks& data) {
  if (data.empty() || data.size() > 2) throw Error(ErrorCode::invalid_argument, "a task counts one block, and weights where there are any");
  return data.size() == 2 ? &data[1] : nullptr;
}

const Blocks& only(const std::vector<Blocks>& of) {
  if (of.size() != 1) throw Error(ErrorCode::invalid_argument, "a task takes one result of several blocks");
  return of[0];
}

constexpr std::uint64_t entry_bytes = 24;  // Of an element on its way: key, position, bits.
std::int64_t count_of(const Extent& extent) { return *arrays::element_count(extent.shape); }
Extent longs(Numbers shape) { return Extent::of(Dtype::int64, std::move(shape)); }

Sizes sort_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<std::uint8_t>&, const Given<std::int64_t>& which) {
  const Extent& its = block.extent();
  const auto line = static_cast<std::uint64_t>(its.shape.at(static_cast<std::size_t>(axis.value())));
  if (which.value() == 0) return {its, {line * 8}};
  return {longs(its.shape), its.bytes + runtime::Bytes{line * entry_bytes}};
}
Sizes sorted_sizes(const Given<Block>& block, const Given<std::int64_t>& axis, const Given<std::uint8_t>&, const Given<std::int64_t>&, const Given<std::int64_t>& most) {
  Extent its = block.extent();
  std::int64_t& length = its.shape.at(static_cast<std::size_t>(axis.value()));
  const runtime::Bytes line{static_cast<std::uint64_t>(length) * entry_bytes};
  length = std::clamp<std::int64_t>(most.value(), 0, length);
  return {{Extent::of(its.dtype.value(), its.shape).bytes + longs(its.shape).bytes + runtime::Bytes{sizeof(Blocks)}}, line};
}
runtime::Bytes total(const Given<std::vector<Blocks>>& parts) {
  runtime::Bytes sum{};
  for (const Extent& one : parts.extents()) sum = sum + one.bytes;
  return sum;
}
/// The most that they may be: all of the parts.
Sizes merge_sorted_sizes(const Given<std::vector<Blocks>>& parts, const Given<std::int64_t>&, const Given<std::uint8_t>&, const Given<std::int64_t>&, const Given<std::int64_t>&) {
  return {{total(parts)}};
}
Sizes search_sizes(const Given<Block>& in_order, const Given<Block>& values, const Given<std::uint8_t>&) {
  return {longs(values.extent().shape), in_order.extent().bytes};
}
Sizes uniques_sizes(const Given<Block>& block, const Given<std::int64_t>&) {
  const auto count = static_cast<std::uint64_t>(count_of(block.extent()));
  return {{block.extent().bytes + runtime::Bytes{count * 16 + 512}}, {count * 32}};
}
Sizes merge_uniques_sizes(const Given<std::vector<Blocks>>& parts) { return {{total(parts)}, {total(parts).value * 4}}; }
Sizes unique_inverse_sizes(const Given<Block>& block, const Given<std::int64_t>&, const Given<std::vector<Blocks>>&) { return {longs(block.extent().shape)}; }
Sizes is_in_sizes(const Given<Block>& block, const Given<std::vector<Blocks>>&) { return {Extent::of(Dtype::boolean, block.extent().shape)}; }
Sizes histogram_sizes(const Given<Blocks>& data, const Given<Block>& edges) {
  return {Extent::of(data.extents().size() == 2 ? Dtype::float64 : Dtype::int64, {1, edges.extent().shape.at(0) - 1})};
}
Sizes bincount_sizes(const Given<Blocks>&, const Given<std::int64_t>&) { throw std::invalid_argument("its length is a number that it meets"); }
Sizes added_sizes(const Given<Blocks>& blocks) { return {*std::ranges::max_element(blocks.extents(), {}, [](const Extent& one) { return one.bytes; })}; }
}  // namespace

Block sort(const Block& block, std::int64_t axis, std::uint8_t order, std::int64_t which) {
  return need(which == 0 ? kernels::sort(block, axis_of(axis), order_of(order)) : kernels::argsort(block, axis_of(axis), order_of(order)));
}
Blocks sorted(const Block& block, std::int64_t axis, std::uint8_t order, std::int64_t start, std::int64_t most) {
  return need(kernels::sorted(block, axis_of(axis), order_of(order), start, most));
}
Blocks merge_sorted(const std::vector<Blocks>& parts, std::int64_t axis, std::uint8_t order, std::int64_t first, std::int64_t count) {
  return need(kernels::merged(parts, axis_of(axis), order_of(order), first, count));
}
Block search(const Block& in_order, const Block& values, std::uint8_t side) {
  return need(kernels::search(in_order, values, side == 0 ? kernels::Side::left : kernels::Side::right));
}
Blocks uniques(const Block& block, std::int64_t start) { return need(kernels::uniques(block, start)); }
Blocks merge_uniques(const std::vector<Blocks>& parts) { return need(kernels::merged_uniques(parts)); }
Block unique_inverse(const Block& block, std::int64_t start, const std::vector<Blocks>& of) { return need(kernels::inverse(block, start, only(of))); }
Block is_in(const Block& block, const std::vector<Blocks>& of) { return need(kernels::is_in(block, only(of))); }
Block histogram(const Blocks& data, const Block& edges) {
  const Block* weights = weights_of(data);
  return need(kernels::histogram(data[0], edges, weights));
}
Block bincount(const Blocks& data, std::int64_t least) {
  const Block* weights = weights_of(data);
  return need(kernels::bincount(data[0], weights, least));
}
Block added(const Blocks& blocks) { return need(kernels::added(blocks)); }

TESSERA_OPERATION_SIZED_AS(sort, "tessera.array.sort", Effects::pure, sort_sizes);
TESSERA_OPERATION_SIZED_AS(sorted, "tessera.array.sorted", Effects::pure, sorted_sizes);
TESSERA_OPERATION_SIZED_AS(merge_sorted, "tessera.array.merge_sorted", Effects::pure, merge_sorted_sizes);
TESSERA_OPERATION_SIZED_AS(search, "tessera.array.search", Effects::pure, search_sizes);
TESSERA_OPERATION_SIZED_AS(uniques, "tessera.array.uniques", Effects::pure, uniques_sizes);
TESSERA_OPERATION_SIZED_AS(merge_uniques, "tessera.array.merge_uniques", Effects::pure, merge_uniques_sizes);
TESSERA_OPERATION_SIZED_AS(unique_inverse, "tessera.array.unique_inverse", Effects::pure, unique_inverse_sizes);
TESSERA_OPERATION_SIZED_AS(is_in, "tessera.array.is_in", Effects::pure, is_in_sizes);
TESSERA_OPERATION_SIZED_AS(histogram, "tessera.array.histogram", Effects::pure, histogram_sizes);
TESSERA_OPERATION_SIZED_AS(bincount, "tessera.array.bincount", Effects::pure, bincount_sizes);
TESSERA_OPERATION_SIZED_AS(added, "tessera.array.added", Effects::pure, added_sizes);
}  // namespace tessera::array_operations
