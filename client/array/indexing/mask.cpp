// Masks and what they leave: arrays of a length that only tasks know (rule A6).
#include "client/array/indexing/indices.hpp"
#include "client/array/indexing/operations.hpp"
#include "client/array/procedure.hpp"
#include "client/array/tasks.hpp"
#include "client/xp/indexing.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

#include <numeric>

namespace tessera {
namespace detail {
namespace {
namespace expression = arrays::expression;
using array_operations::Numbers;
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::Cuts;
using arrays::shape::unknown_length;
using runtime::graph::Index;

/// Operands: what is masked, and the mask of its dimension `axis`, cut alike.
struct Masked : Blockwise {
  std::size_t axis = 0;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Masked*>(&other);
    return its != nullptr && its->axis == axis;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    take(0, chunk);
    take(1, static_cast<std::size_t>(call.grid.at(chunk)[axis]));
  }
  Index task(Graph& graph, const Calling&, std::size_t, std::span<const Index> inputs) const override {
    return graph.add(array_operations::compress, Deferred<Block>{inputs[0]}, Deferred<Block>{inputs[1]}, static_cast<std::int64_t>(axis)).index;
  }
};

/// Positions of what is not 0 in an array of one dimension.
struct FlatNonzero : Blockwise {
  bool equals(const Procedure& other) const override { return dynamic_cast<const FlatNonzero*>(&other) != nullptr; }
  void need(const Calling&, std::size_t chunk, const Take& take) const override { take(0, chunk); }
  Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const Index> inputs) const override {
    return graph.add(array_operations::flat_nonzero, Deferred<Block>{inputs[0]}, call.operands[0]->start(0, static_cast<std::int64_t>(chunk))).index;
  }
};

/// Such positions as rows of indices into an array of that shape.
struct Unravelled : Blockwise {
  Shape shape;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Unravelled*>(&other);
    return its != nullptr && its->shape == shape;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling&, std::size_t chunk, const Take& take) const override { take(0, chunk); }
  Index task(Graph& graph, const Calling&, std::size_t, std::span<const Index> inputs) const override {
    return graph.add(array_operations::unravel, Deferred<Block>{inputs[0]}, Numbers(shape)).index;
  }
};

struct Joined : Blockwise {
  bool equals(const Procedure& other) const override { return dynamic_cast<const Joined*>(&other) != nullptr; }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t, const Take& take) const override {
    for (std::size_t chunk = 0; chunk < call.operands[0]->size(); ++chunk) take(0, chunk);
  }
  Index task(Graph& graph, const Calling& call, std::size_t, std::span<const Index> inputs) const override {
    std::vector<Deferred<Block>> all;
    for (const Index one : inputs) all.push_back({one});
    return graph.add(array_operations::join, all, Numbers(call.operands[0]->counts())).index;
  }
};

Array flat_nonzero(const char* function, const Array& x) {
  need(arrays::shape::need_known(function, x.shape()));
  if (x.ndim() == 0) throw Error(ErrorCode::invalid_argument, fmt::format("{} takes an array of at least one dimension", function));
  const Array flat = x.ndim() == 1 ? x : xp::reshape(x, {-1});
  return made(expression::special(std::make_shared<FlatNonzero>(), Dtype::int64, {Cuts(flat.chunks()[0].size(), unknown_length)}, {flat.node()}));
}
}  // namespace

Array in_one_chunk(const Array& x) {
  Chunks chunks;
  for (const std::int64_t length : x.shape()) chunks.push_back({length});
  return made(expression::special(std::make_shared<Joined>(), x.dtype(), std::move(chunks), {x.node()}));
}

Array masked(const Array& x, std::size_t axis, const Array& mask) {
  const Shape& shape = x.shape();
  const bool fits = mask.ndim() >= 1 && axis + mask.ndim() <= shape.size() && std::equal(mask.shape().begin(), mask.shape().end(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  if (!fits)
    throw Error(ErrorCode::invalid_argument, fmt::format("a mask of shape {} does not fit the shape {} from dimension {} on: it has the lengths of one dimension, or of "
                                                         "several that follow each other", arrays::to_string(mask.shape()), arrays::to_string(shape), axis));
  if (mask.ndim() > 1) {  // In C order: as one dimension.
    Shape flat(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
    flat.push_back(mask.size());
    flat.insert(flat.end(), shape.begin() + static_cast<std::ptrdiff_t>(axis + mask.ndim()), shape.end());
    return masked(xp::reshape(x, flat), axis, xp::reshape(mask, {-1}));
  }
  const auto dimension = arrays::shape::unknown_dimension(shape);
  Array rows = x, its = mask;
  if (x.chunks()[axis] != mask.chunks()[0]) {
    need(arrays::shape::need_known("a mask in other chunks", shape));
    const Cuts both[] = {x.chunks()[axis], mask.chunks()[0]};
    Chunks chunks = x.chunks();
    chunks[axis] = arrays::shape::refine(both);
    rows = xp::rechunk(x, chunks), its = xp::rechunk(mask, Chunks{chunks[axis]});
  } else if (dimension && *dimension != axis) {
    need(arrays::shape::need_known("a mask along another dimension", shape));
  }
  auto procedure = std::make_shared<Masked>();
  procedure->axis = axis;
  Chunks chunks = rows.chunks();
  chunks[axis].assign(chunks[axis].size(), unknown_length);
  return made(expression::special(procedure, x.dtype(), std::move(chunks), {rows.node(), its.node()}));
}
}  // namespace detail

namespace xp {
std::vector<Array> nonzero(const Array& x) {
  const Array flat = detail::flat_nonzero("nonzero", x);
  std::vector<Array> all;
  std::int64_t stride = 1;
  for (std::size_t axis = x.ndim(); axis-- > 0; stride *= std::max<std::int64_t>(x.shape()[axis], 1)) {
    const Array rows = stride == 1 ? flat : floor_divide(flat, stride);
    all.insert(all.begin(), axis == 0 ? rows : remainder(rows, std::max<std::int64_t>(x.shape()[axis], 1)));
  }
  return all;
}

Array argwhere(const Array& x) {
  const Array flat = detail::flat_nonzero("argwhere", x);
  auto procedure = std::make_shared<detail::Unravelled>();
  procedure->shape = x.shape();
  arrays::shape::Chunks chunks = flat.chunks();
  chunks.push_back({static_cast<std::int64_t>(x.ndim())});
  return detail::made(arrays::expression::special(procedure, Dtype::int64, std::move(chunks), {flat.node()}));
}
}  // namespace xp

Array Array::compute_chunk_sizes(Cluster& cluster, ComputeOptions options) const {
  const auto dimension = arrays::shape::unknown_dimension(shape());
  if (!dimension) return *this;
  const Array kept = persist(cluster, options);
  const auto& source = dynamic_cast<const detail::ChunkSource&>(*std::get<arrays::expression::Foreign>(kept.node()->what).source);
  // The chunks in the first row along the dimension tell its lengths: the others of a column are as long.
  const arrays::shape::Grid grid(kept.chunks());
  Graph graph;
  std::vector<Deferred<array_operations::Numbers>> shapes;
  arrays::Shape at(grid.rank(), 0);
  for (at[*dimension] = 0; at[*dimension] < grid.counts()[*dimension]; ++at[*dimension])
    shapes.push_back(graph.add(array_operations::shape_of, Deferred<Block>{source.chunk(graph, grid.number(at), grid.box(at))}));
  arrays::shape::Chunks chunks = kept.chunks();
  std::int64_t next = 0;
  for (const auto& one : cluster.gather(cluster.compute(std::move(graph), shapes))) chunks[*dimension][static_cast<std::size_t>(next++)] = one[*dimension];
  return detail::made(arrays::expression::foreign(dtype(), std::move(chunks), std::get<arrays::expression::Foreign>(kept.node()->what).source));
}
}  // namespace tessera
