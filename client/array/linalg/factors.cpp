#include "client/array/linalg/factors.hpp"

#include "client/array/face.hpp"
#include "client/array/linalg/operations.hpp"
#include "client/array/procedure.hpp"

#include <algorithm>

namespace tessera::detail {
namespace linalg = arrays::linalg;
using arrays::Shape;
using arrays::linalg::Factor;
using arrays::shape::Chunks;
using runtime::graph::Index;

namespace {
std::vector<Deferred<Block>> blocks(std::span<const Index> inputs) {
  std::vector<Deferred<Block>> all;
  for (const Index one : inputs) all.push_back({one});
  return all;
}

/// Chunk i is made of chunk i of each operand.
struct ByNumber : Blockwise {
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    for (std::size_t i = 0; i < call.operands.size(); ++i) take(i, chunk);
  }
};

/// All parts together: its chunks are vectors of blocks, which only `Part` reads; where there is one part, that.
struct Factored : ByNumber {
  Factored(Factor which, bool alone) : factor(which), is_alone(alone) {}
  Factor factor;
  bool is_alone;
  bool equals(const arrays::expression::Procedure& other) const override {
    const auto* its = dynamic_cast<const Factored*>(&other);
    return its != nullptr && its->factor == factor;
  }
  Index task(Graph& graph, const Calling&, std::size_t, std::span<const Index> inputs) const override {
    const auto its = static_cast<std::uint8_t>(factor);
    return is_alone ? graph.add(array_operations::factor_one, blocks(inputs), its).index : graph.add(array_operations::factor, blocks(inputs), its).index;
  }
};

struct Part : ByNumber {
  explicit Part(std::int64_t which) : number(which) {}
  std::int64_t number;
  bool equals(const arrays::expression::Procedure& other) const override {
    const auto* its = dynamic_cast<const Part*>(&other);
    return its != nullptr && its->number == number;
  }
  Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const Index> inputs) const override {
    const Shape shape = call.grid.box(call.grid.at(chunk)).count;
    return graph.add(array_operations::part, std::vector{Deferred<array_operations::Blocks>{inputs[0]}}, number, call.dtype, shape).index;
  }
};

/// The parts of what `all` makes.
std::vector<Array> parts_of(const Array& all, const std::vector<arrays::Dtype>& dtypes, const std::vector<Chunks>& chunks) {
  std::vector<Array> parts;
  for (std::size_t i = 0; i < dtypes.size(); ++i)
    parts.push_back(made(arrays::expression::special(std::make_shared<Part>(static_cast<std::int64_t>(i)), dtypes[i], chunks[i], {all.node()})));
  return parts;
}
}  // namespace

std::vector<Array> factored(Factor factor, const std::vector<Array>& operands) {
  std::vector<Shape> shapes;
  for (const Array& one : operands) shapes.push_back(one.shape());
  const auto results = need(linalg::results_of(factor, operands[0].dtype(), shapes));
  const Chunks& of = operands[0].chunks();
  std::vector<Chunks> chunks;
  std::vector<arrays::Dtype> dtypes;
  for (const auto& one : results) {
    Chunks& its = chunks.emplace_back(of.begin(), of.end() - 2);
    for (std::size_t i = its.size(); i < one.shape.size(); ++i) its.push_back({one.shape[i]});
    dtypes.push_back(one.dtype);
  }
  if (results.size() == 1) return {made(arrays::expression::special(std::make_shared<Factored>(factor, true), dtypes[0], chunks[0], nodes_of(operands)))};
  return parts_of(made(arrays::expression::special(std::make_shared<Factored>(factor, false), operands[0].dtype(), of, nodes_of(operands))), dtypes, chunks);
}

RowFactors qr_of_rows(const Array& x) {
  const arrays::shape::Cuts& rows = x.chunks()[0];
  const std::int64_t n = x.shape()[1];
  const Shape one[] = {{rows[0], n}};
  const auto results = need(linalg::results_of(Factor::reflectors, x.dtype(), one));
  const arrays::shape::Cuts stacked(rows.size(), n);
  const auto parts = parts_of(made(arrays::expression::special(std::make_shared<Factored>(Factor::reflectors, false), x.dtype(), x.chunks(), {x.node()})),
                              std::vector(3, x.dtype()), {{{n}, rows}, {stacked, {results[1].shape[1]}}, {stacked, {n}}});
  return {rows, parts[0], parts[1], parts[2]};
}

Array reflected(const RowFactors& factors, const Array& y) {
  return made(arrays::expression::special(std::make_shared<Factored>(Factor::reflect, true), y.dtype(), {factors.rows, y.chunks()[1]},
                                          {factors.reflectors.node(), factors.triangles.node(), y.node()}));
}
}  // namespace tessera::detail
