#include "client/array/linalg/contraction.hpp"

#include "arrays/shape/broadcast.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/operations.hpp"

#include <algorithm>

namespace tessera::detail {
using arrays::Shape;
using arrays::linalg::Product;
using arrays::linalg::Side;
using arrays::shape::Chunks;
using arrays::shape::Grid;
using runtime::graph::Index;

namespace {
/// The most bytes of operands that one task takes, unless one pair has more.
constexpr std::int64_t group_bytes_max = 128 << 20;

/// Where the dimensions of an operand lie: batch, then free and inner ones, or the other way round.
struct Places {
  std::size_t batch, free_at, free, inner_at, inner;
};
Places left_places(const Product& how) {
  const auto b = static_cast<std::size_t>(how.batch), f = static_cast<std::size_t>(how.left_free), i = static_cast<std::size_t>(how.inner);
  return how.left == Side::plain ? Places{b, b, f, b + f, i} : Places{b, b + i, f, b, i};
}
Places right_places(const Product& how) {
  const auto b = static_cast<std::size_t>(how.batch), f = static_cast<std::size_t>(how.right_free), i = static_cast<std::size_t>(how.inner);
  return how.right == Side::plain ? Places{b, b + i, f, b, i} : Places{b, b, f, b + f, i};
}

std::size_t chunk_of(const Grid& grid, const Places& its, arrays::ShapeView batch, arrays::ShapeView free, arrays::ShapeView inner) {
  Shape at(grid.rank());
  for (std::size_t i = 0; i < its.batch; ++i) at[i] = std::min(batch[i], grid.counts()[i] - 1);  // A length of 1 stretches.
  std::ranges::copy(free, at.begin() + static_cast<std::ptrdiff_t>(its.free_at));
  std::ranges::copy(inner, at.begin() + static_cast<std::ptrdiff_t>(its.inner_at));
  return grid.number(at);
}
std::int64_t bytes_of(const Grid& grid, std::size_t chunk, arrays::Dtype dtype) {
  return *arrays::element_count(grid.box(grid.at(chunk)).count) * static_cast<std::int64_t>(arrays::size_bytes(dtype));
}

Chunks part(const Chunks& chunks, std::size_t at, std::size_t count) {
  return {chunks.begin() + static_cast<std::ptrdiff_t>(at), chunks.begin() + static_cast<std::ptrdiff_t>(at + count)};
}
void replace(Chunks& chunks, std::size_t at, const Chunks& by) { std::ranges::copy(by, chunks.begin() + static_cast<std::ptrdiff_t>(at)); }
}  // namespace

bool Contraction::equals(const arrays::expression::Procedure& other) const {
  const auto* its = dynamic_cast<const Contraction*>(&other);
  return its != nullptr && its->how == how;
}

std::vector<Contraction::Pair> Contraction::pairs(const Calling& call, std::size_t chunk) const {
  const Grid &left = *call.operands[0], &right = *call.operands[1];
  const Places left_its = left_places(how), right_its = right_places(how);
  const Shape at = call.grid.at(chunk);
  const arrays::ShapeView all(at), batch = all.first(left_its.batch), rows = all.subspan(left_its.batch, left_its.free), columns = all.last(right_its.free);
  const Shape counts(left.counts().begin() + static_cast<std::ptrdiff_t>(left_its.inner_at),
                     left.counts().begin() + static_cast<std::ptrdiff_t>(left_its.inner_at + left_its.inner));
  std::vector<Pair> all_pairs;
  Shape inner(counts.size(), 0);
  do all_pairs.push_back({chunk_of(left, left_its, batch, rows, inner), chunk_of(right, right_its, batch, columns, inner)});
  while (arrays::shape::next_index(inner, counts));
  return all_pairs;
}

void Contraction::need(const Calling& call, std::size_t chunk, const Take& take) const {
  for (const Pair& one : pairs(call, chunk)) take(0, one.left), take(1, one.right);
}

void Contraction::add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const {
  for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
    if (!wanted[chunk]) continue;
    Tasks left, right;
    std::int64_t pair_bytes = 1;
    for (const Pair& one : pairs(call, chunk)) {
      left.push_back((*of[0])[one.left]), right.push_back((*of[1])[one.right]);
      pair_bytes = std::max(pair_bytes, bytes_of(*call.operands[0], one.left, call.dtype) + bytes_of(*call.operands[1], one.right, call.dtype));
    }
    tasks[chunk] = add_products(graph, how, {}, left, right, pair_bytes, call.dtype, call.grid.box(call.grid.at(chunk)).count);
  }
}

Index add_products(Graph& graph, const Product& how, std::vector<Index> onto, std::span<const Index> left, std::span<const Index> right,
                   std::int64_t pair_bytes, arrays::Dtype dtype, const Shape& shape, bool is_subtracted) {
  // Pairs follow each other in one order, however many a task has: the bits are the same (A4).
  const auto group = static_cast<std::size_t>(std::max<std::int64_t>(group_bytes_max / std::max<std::int64_t>(pair_bytes, 1), 1));
  const auto blocks = [](std::span<const Index> some) {
    std::vector<Deferred<Block>> all;
    for (const Index one : some) all.push_back({one});
    return all;
  };
  for (std::size_t i = 0; i < left.size(); i += group) {
    const std::size_t count = std::min(group, left.size() - i);
    onto = {graph.add(array_operations::product, array_operations::packed(how), blocks(onto), blocks(left.subspan(i, count)), blocks(right.subspan(i, count)), dtype,
                      shape, is_subtracted).index};
  }
  return onto.front();
}

Array contracted(const Array& left, const Array& right, const Product& how) {
  const Places left_its = left_places(how), right_its = right_places(how);
  Chunks left_chunks = left.chunks(), right_chunks = right.chunks();
  for (std::size_t i = 0; i < left_its.inner; ++i) {
    arrays::shape::Cuts &a = left_chunks[left_its.inner_at + i], &b = right_chunks[right_its.inner_at + i];
    const arrays::shape::Cuts both[] = {a, b};
    a = b = arrays::shape::refine(both);
  }
  const Chunks batches[] = {part(left_chunks, 0, left_its.batch), part(right_chunks, 0, right_its.batch)};
  const Shape batch_shapes[] = {arrays::shape::shape_of(batches[0]), arrays::shape::shape_of(batches[1])};
  Chunks chunks = arrays::shape::broadcast_chunks(batches, *arrays::shape::broadcast(batch_shapes));
  replace(left_chunks, 0, arrays::shape::operand_chunks(chunks, batch_shapes[0]));
  replace(right_chunks, 0, arrays::shape::operand_chunks(chunks, batch_shapes[1]));
  for (const auto& cuts : part(left_chunks, left_its.free_at, left_its.free)) chunks.push_back(cuts);
  for (const auto& cuts : part(right_chunks, right_its.free_at, right_its.free)) chunks.push_back(cuts);
  const std::vector<arrays::expression::NodeRef> of{xp::rechunk(left, left_chunks).node(), xp::rechunk(right, right_chunks).node()};
  return made(arrays::expression::special(std::make_shared<Contraction>(how), left.dtype(), std::move(chunks), of));
}
}  // namespace tessera::detail
