// Histograms and counts of small integers.
#include "client/array/indexing/indices.hpp"
#include "client/array/sorting/operations.hpp"
#include "client/array/sorting/sorting.hpp"
#include "client/xp/sorting.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tessera {
namespace {
namespace expression = arrays::expression;
using array_operations::Blocks;
using arrays::shape::Chunks;
using detail::Calling;
using detail::Take;
using detail::Tasks;
using runtime::graph::Index;

Error wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

/// A row of counts for each chunk. Operands: edges in one chunk, elements, and weights where there are any.
struct Histograms : detail::Blockwise {
  bool equals(const Procedure& other) const override { return dynamic_cast<const Histograms*>(&other) != nullptr; }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    for (std::size_t operand = 1; operand < call.operands.size(); ++operand) take(operand, chunk);
    take(0, 0);
  }
  Index task(Graph& graph, const Calling&, std::size_t, std::span<const Index> inputs) const override {
    std::vector<Deferred<Block>> data;
    for (const Index one : inputs.first(inputs.size() - 1)) data.push_back({one});
    return graph.add(array_operations::histogram, data, Deferred<Block>{inputs.back()}).index;
  }
};

/// Operands: numbers, and weights where there are any.
struct Bincount : detail::ArrayProcedure {
  std::int64_t least = 0;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Bincount*>(&other);
    return its != nullptr && its->least == least;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t, const Take& take) const override {
    for (std::size_t operand = 0; operand < call.operands.size(); ++operand)
      for (std::size_t chunk = 0; chunk < call.operands[0]->size(); ++chunk) take(operand, chunk);
  }
  void add(Graph& graph, const Calling&, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    if (!wanted[0]) return;
    std::vector<Deferred<Block>> parts;
    for (std::size_t chunk = 0; chunk < of[0]->size(); ++chunk) {
      std::vector<Deferred<Block>> data;
      for (const Tasks* operand : of) data.push_back({(*operand)[chunk]});
      parts.push_back(graph.add(array_operations::bincount, data, least));
    }
    tasks[0] = detail::in_a_tree(parts, [&](const auto& some) { return graph.add(array_operations::added, some); }).index;
  }
};

/// The weights as float64, cut as what they weigh.
Array fitted(const char* function, const Array& weights, const Array& x) {
  if (weights.shape() != x.shape())
    throw wrong(fmt::format("{}: weights of shape {} do not fit the shape {}", function, arrays::to_string(weights.shape()), arrays::to_string(x.shape())));
  const Array wide = xp::astype(weights, Dtype::float64);
  return wide.chunks() == x.chunks() ? wide : xp::rechunk(wide, x.chunks());
}

xp::Histogram counted(const Array& x, const Array& edges, const xp::HistogramOptions& options) {
  const Array values = xp::astype(x, Dtype::float64), borders = xp::rechunk(xp::astype(edges, Dtype::float64), -1);
  std::vector<expression::NodeRef> of{borders.node(), values.node()};
  if (options.weights) of.push_back(fitted("histogram", *options.weights, values).node());
  std::size_t rows = 1;
  for (const auto& cuts : x.chunks()) rows *= cuts.size();
  const Dtype dtype = options.weights ? Dtype::float64 : Dtype::int64;
  const Array all = detail::made(expression::special(std::make_shared<Histograms>(), dtype, Chunks{arrays::shape::Cuts(rows, 1), {edges.size() - 1}}, std::move(of)));
  const Array counts = xp::sum(all, {.axis = 0});
  if (!options.density) return {counts, edges};
  const Array widths = borders[{Slice{1, {}}}] - borders[{Slice{{}, -1}}];
  return {xp::divide(xp::divide(counts, widths), xp::sum(counts)), edges};
}
}  // namespace

namespace xp {
Histogram histogram(const Array& x, const Array& edges, const HistogramOptions& options) {
  if (edges.ndim() != 1 || edges.size() < 2)
    throw wrong(fmt::format("histogram: edges are of one dimension and at least two, not of the shape {}", arrays::to_string(edges.shape())));
  if (options.range) throw wrong("histogram: edges are given, so there is no range to say");
  return counted(x, edges, options);
}

Histogram histogram(const Array& x, std::int64_t bins, const HistogramOptions& options) {
  if (bins < 1) throw wrong(fmt::format("histogram: {} bins are asked for; it takes at least 1", bins));
  const bool is_empty = !arrays::shape::unknown_dimension(x.shape()) && x.size() == 0;
  if (options.range || is_empty) {
    auto [low, high] = options.range.value_or(std::pair(0.0, 1.0));
    if (!std::isfinite(low) || !std::isfinite(high) || low > high)
      throw wrong(fmt::format("histogram: the range {} to {} is none: both ends are finite, the first is not greater", low, high));
    if (low == high) low -= 0.5, high += 0.5;
    return counted(x, linspace(low, high, bins + 1), options);
  }
  const Array values = astype(x, Dtype::float64), least = min(values), greatest = max(values), is_one = least == greatest;
  const Array low = where(is_one, least - 0.5, least), high = where(is_one, greatest + 0.5, greatest);
  const Array step = (high - low) / static_cast<double>(bins), at = arange(0.0, static_cast<double>(bins + 1), 1.0);
  return counted(x, where(at == static_cast<double>(bins), high, at * step + low), options);
}

Array bincount(const Array& x, const BincountOptions& options) {
  if (x.ndim() != 1 || !arrays::is_integer(x.dtype()))
    throw wrong(fmt::format("bincount takes integers of one dimension, not {} of shape {}", arrays::to_string(x.dtype()), arrays::to_string(x.shape())));
  if (options.minlength < 0) throw wrong(fmt::format("bincount: minlength is {}; it is at least 0", options.minlength));
  const Array numbers = astype(x, Dtype::int64);
  std::vector<expression::NodeRef> of{numbers.node()};
  if (options.weights) of.push_back(fitted("bincount", *options.weights, numbers).node());
  auto procedure = std::make_shared<Bincount>();
  procedure->least = options.minlength;
  return detail::made(expression::special(procedure, options.weights ? Dtype::float64 : Dtype::int64, {{arrays::shape::unknown_length}}, std::move(of)));
}
}  // namespace xp
}  // namespace tessera
