#include "client/array/indexing/operations.hpp"

#include "arrays/kernels/indexing.hpp"
#include "client/sizes.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>
#include <utility>

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
arrays::shape::Chunks unpacked(const Numbers& cuts) {
  arrays::shape::Chunks chunks;
  for (std::size_t at = 0; at < cuts.size();) {
    const std::int64_t count = cuts[at++];
    const bool fits = count >= 1 && count <= static_cast<std::int64_t>(cuts.size() - at);
    if (!fits || std::any_of(cuts.begin() + static_cast<std::ptrdiff_t>(at), cuts.begin() + static_cast<std::ptrdiff_t>(at) + count, [](auto n) { return n < 0; }))
      throw Error(ErrorCode::invalid_argument, "a task's chunks are no chunks");
    chunks.emplace_back(cuts.begin() + static_cast<std::ptrdiff_t>(at), cuts.begin() + static_cast<std::ptrdiff_t>(at) + count);
    at += static_cast<std::size_t>(count);
  }
  return chunks;
}

runtime::Bytes targets_bytes(const Given<Block>& indices) {
  return {static_cast<std::uint64_t>(*arrays::element_count(indices.extent().shape)) * sizeof(kernels::Target)};
}

Sizes index_take_sizes(const Given<Blocks>& blocks, const Given<Block>& indices, const Given<Numbers>&, const Given<Numbers>&, const Given<std::uint8_t>&,
                       const Given<bool>&, const Given<std::int64_t>&, const Given<Numbers>& shape) {
  return {Extent::of(blocks.extent().dtype.value(), shape.value()), targets_bytes(indices)};
}
Sizes index_pick_sizes(const Given<Block>& block, const Given<Block>& indices, const Given<std::int64_t>&, const Given<Numbers>&, const Given<std::uint8_t>& kind,
                       const Given<std::int64_t>& axis, const Given<Numbers>& shape, const Given<std::int64_t>& rows) {
  Numbers its = shape.value();
  if (rows.value() >= 0) {
    if (kind.value() == 1) its = {rows.value()};
    else its.at(static_cast<std::size_t>(axis.value())) = rows.value();
  }
  Extent extent = Extent::of(block.extent().dtype.value(), its);
  if (rows.value() < 0) extent = {extent.bytes};  // The most that it may be.
  return {extent, targets_bytes(indices)};
}
Sizes last_written_sizes(const Given<Block>& indices, const Given<std::int64_t>&, const Given<std::int64_t>& count, const Given<std::int64_t>&) {
  return {Extent::of(Dtype::int64, {count.value()}), targets_bytes(indices)};
}
/// Those of results of which only the most is known.
Sizes compress_sizes(const Given<Block>& block, const Given<Block>&, const Given<std::int64_t>&) { return {{block.extent().bytes}}; }
Sizes flat_nonzero_sizes(const Given<Block>& block, const Given<std::int64_t>&) {
  return {{Extent::of(Dtype::int64, {*arrays::element_count(block.extent().shape)}).bytes}};
}
Sizes unravel_sizes(const Given<Block>& positions, const Given<Numbers>& shape) {
  return {Extent::of(Dtype::int64, {positions.extent().shape.at(0), static_cast<std::int64_t>(shape.value().size())})};
}
Sizes join_sizes(const Given<Blocks>& blocks, const Given<Numbers>& counts) {
  Numbers shape(counts.value().size(), 0);
  const auto extents = blocks.extents();
  for (std::size_t axis = 0, step = extents.size(); axis < shape.size(); ++axis) {
    const auto count = static_cast<std::size_t>(counts.value()[axis]);
    step /= count;
    for (std::size_t i = 0; i < count; ++i) shape[axis] += extents[i * step].shape.at(axis);
  }
  const Extent whole = Extent::of(blocks.extent().dtype.value(), shape);
  return {whole, whole.bytes};
}
Sizes shape_of_sizes(const Given<Block>& block) { return {{{sizeof(Numbers) + block.extent().shape.size() * sizeof(std::int64_t)}}}; }
}  // namespace

Block index_take(const Blocks& blocks, const Block& indices, const Numbers& numbers, const Numbers& cuts, std::uint8_t kind, bool is_picked, std::int64_t axis,
                 const Numbers& shape) {
  const auto chunks = unpacked(cuts);
  auto targets = need(kernels::targets_of(indices, chunks));
  const auto source = is_picked ? kernels::Source::picked : kernels::Source::whole;
  return need(kind == 1 ? kernels::take_along(blocks, numbers, std::move(targets), axis_of(axis), shape, source)
                        : kernels::take(blocks, numbers, std::move(targets), axis_of(axis), chunks.size(), source));
}

Block index_pick(const Block& block, const Block& indices, std::int64_t number, const Numbers& cuts, std::uint8_t kind, std::int64_t axis, const Numbers&,
                 std::int64_t) {
  const auto chunks = unpacked(cuts);
  if (kind == 1 && chunks.size() != 1) throw Error(ErrorCode::invalid_argument, "one dimension is indexed along an axis");
  return need(kind == 1 ? kernels::pick_along(block, indices, chunks[0], number, axis_of(axis)) : kernels::pick(block, indices, chunks, number, axis_of(axis)));
}

Block last_written(const Block& indices, std::int64_t start, std::int64_t count, std::int64_t length) {
  return need(kernels::last_written(indices, start, count, length));
}
Block compress(const Block& block, const Block& mask, std::int64_t axis) { return need(kernels::compress(block, mask, axis_of(axis))); }
Block flat_nonzero(const Block& block, std::int64_t start) { return kernels::flat_nonzero(block, start); }
Block unravel(const Block& positions, const Numbers& shape) { return need(kernels::unravelled(positions, shape)); }
Block join(const Blocks& blocks, const Numbers& counts) { return need(kernels::joined(blocks, counts)); }
Numbers shape_of(const Block& block) { return {block.shape().begin(), block.shape().end()}; }

TESSERA_OPERATION_SIZED_AS(index_take, "tessera.array.take", Effects::pure, index_take_sizes);
TESSERA_OPERATION_SIZED_AS(index_pick, "tessera.array.pick", Effects::pure, index_pick_sizes);
TESSERA_OPERATION_SIZED_AS(last_written, "tessera.array.last_written", Effects::pure, last_written_sizes);
TESSERA_OPERATION_SIZED_AS(compress, "tessera.array.compress", Effects::pure, compress_sizes);
TESSERA_OPERATION_SIZED_AS(flat_nonzero, "tessera.array.flat_nonzero", Effects::pure, flat_nonzero_sizes);
TESSERA_OPERATION_SIZED_AS(unravel, "tessera.array.unravel", Effects::pure, unravel_sizes);
TESSERA_OPERATION_SIZED_AS(join, "tessera.array.join", Effects::pure, join_sizes);
TESSERA_OPERATION_SIZED_AS(shape_of, "tessera.array.shape_of", Effects::pure, shape_of_sizes);
}  // namespace tessera::array_operations
