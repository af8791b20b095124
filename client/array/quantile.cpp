#include "arrays/kernels/quantile.hpp"

#include "arrays/expression/numbers.hpp"
#include "arrays/kernels/layout.hpp"
#include "arrays/promotion.hpp"
#include "client/array/face.hpp"
#include "client/array/procedure.hpp"
#include "client/operation.hpp"
#include "client/sizes.hpp"
#include "client/xp/statistics.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera {
using arrays::kernels::Between;
using detail::need;
using Numbers = std::vector<std::int64_t>;

namespace array_operations {
using Blocks = std::vector<Block>;

Block quantiles(const Blocks& blocks, const Numbers& axes, const std::vector<double>& shares, std::uint8_t between, bool skips_nan, const Numbers& shape) {
  std::vector<std::size_t> along;
  for (const std::int64_t axis : axes) along.push_back(static_cast<std::size_t>(axis));
  const Block result = need(arrays::kernels::quantiles(blocks, along, shares, static_cast<Between>(between), skips_nan));
  return std::ranges::equal(result.shape(), shape) ? result : need(arrays::kernels::reshape(result, shape));
}

/// The result; beside it a few columns.
Sizes quantiles_sizes(const Given<Blocks>& blocks, const Given<Numbers>& axes, const Given<std::vector<double>>&, const Given<std::uint8_t>& between,
                      const Given<bool>&, const Given<Numbers>& shape) {
  constexpr std::uint64_t columns = 32;
  std::uint64_t elements = 0;
  for (const Extent& one : blocks.extents()) {
    std::uint64_t its = 1;
    for (const std::int64_t axis : axes.value()) its *= static_cast<std::uint64_t>(one.shape.at(static_cast<std::size_t>(axis)));
    elements += its;
  }
  return {Extent::of(arrays::kernels::quantile_dtype(blocks.extents().front().dtype.value(), static_cast<Between>(between.value())), shape.value()),
          {columns * elements * sizeof(std::uint64_t)}};
}
TESSERA_OPERATION_SIZED_AS(quantiles, "tessera.array.quantiles", Effects::pure, quantiles_sizes);
}  // namespace array_operations

namespace {
/// Each chunk of the result is made of those of the operand that lie behind each other along the axes.
struct QuantilesOf : detail::Blockwise {
  Numbers axes;
  std::vector<double> shares;
  Between between{};
  bool skips_nan = false, is_stacked = false, keepdims = false;

  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const QuantilesOf*>(&other);
    return its != nullptr && axes == its->axes && shares == its->shares && between == its->between && skips_nan == its->skips_nan &&
           is_stacked == its->is_stacked && keepdims == its->keepdims;
  }
  void need(const detail::Calling& call, std::size_t chunk, const detail::Take& take) const override {
    const arrays::Shape at = call.grid.at(chunk);
    const arrays::shape::Grid& from = *call.operands[0];
    arrays::Shape first(from.rank(), 0), counts(from.rank(), 1), more(from.rank(), 0);
    for (std::size_t axis = 0, kept = is_stacked ? 1 : 0; axis < from.rank(); ++axis) {
      const bool is_reduced = std::ranges::binary_search(axes, static_cast<std::int64_t>(axis));
      if (is_reduced) counts[axis] = from.counts()[axis];
      else first[axis] = at[kept];
      kept += !is_reduced || keepdims;
    }
    do {
      arrays::Shape its = first;
      for (std::size_t axis = 0; axis < its.size(); ++axis) its[axis] += more[axis];
      take(0, from.number(its));
    } while (arrays::shape::next_index(more, counts));
  }
  runtime::graph::Index task(Graph& graph, const detail::Calling& call, std::size_t chunk, std::span<const runtime::graph::Index> inputs) const override {
    std::vector<Deferred<Block>> blocks;
    for (const auto input : inputs) blocks.push_back({input});
    return graph.add(array_operations::quantiles, blocks, axes, shares, static_cast<std::uint8_t>(between), skips_nan,
                     call.grid.box(call.grid.at(chunk)).count).index;
  }
};

struct What {
  const char* function;
  std::vector<double> shares;
  bool is_stacked = false, skips_nan = false;
};

/// The array in chunks of which those behind each other along the axes are together as large as one chunk.
Array in_columns(const Array& x, const std::vector<std::size_t>& axes) {
  if (std::ranges::all_of(axes, [&](std::size_t axis) { return x.chunks()[axis].size() == 1; })) return x;
  std::vector<arrays::shape::DimensionChunks> spec(x.ndim());
  for (const std::size_t axis : axes) spec[axis] = -1;
  arrays::shape::Chunks chunks = need(arrays::shape::chunks_of(spec, x.shape(), arrays::size_bytes(x.dtype())));
  for (const std::size_t axis : axes) chunks[axis] = x.chunks()[axis];
  return xp::rechunk(x, chunks);
}

Array quantiles_of(const Array& x, const xp::Axis& axis, bool keepdims, Between between, What what) {
  if (!arrays::is_integer(x.dtype()) && !arrays::is_real_floating(x.dtype()))
    throw Error(ErrorCode::type_mismatch, fmt::format("{} takes integers or floats, not the {} of an array of shape {}", what.function,
                                                      arrays::to_string(x.dtype()), arrays::to_string(x.shape())));
  const auto axes = need(arrays::expression::axes_of(what.function, x.shape(), axis.axes()));
  for (const std::size_t one : axes)
    if (x.shape()[one] == 0)
      throw Error(ErrorCode::invalid_argument, fmt::format("{} of an array of shape {} over dimension {}: it is empty, and there is no {} of nothing", what.function,
                                                           arrays::to_string(x.shape()), one, what.function));
  const Array columns = in_columns(x, axes);
  auto procedure = std::make_shared<QuantilesOf>();
  procedure->axes.assign(axes.begin(), axes.end());
  procedure->between = between, procedure->skips_nan = what.skips_nan, procedure->is_stacked = what.is_stacked, procedure->keepdims = keepdims;
  arrays::shape::Chunks chunks;
  if (what.is_stacked) chunks.push_back({std::ssize(what.shares)});
  for (std::size_t one = 0; one < x.ndim(); ++one) {
    if (!std::ranges::binary_search(axes, one)) chunks.push_back(columns.chunks()[one]);
    else if (keepdims) chunks.push_back({1});
  }
  procedure->shares = std::move(what.shares);
  return detail::made(arrays::expression::special(std::move(procedure), arrays::kernels::quantile_dtype(x.dtype(), between), std::move(chunks), {columns.node()}));
}

Between between_of(xp::Method method) {
  switch (method) {
    case xp::Method::midpoint: return Between::midpoint;
    case xp::Method::lower: return Between::lower;
    case xp::Method::higher: return Between::higher;
    case xp::Method::nearest: return Between::nearest;
    case xp::Method::linear: break;
  }
  return Between::linear;
}

Array quantiles_of(const Array& x, const xp::QuantileOptions& options, What what, double all) {
  for (double& share : what.shares) {
    if (!(share >= 0 && share <= all)) throw Error(ErrorCode::invalid_argument, fmt::format("{}: {} is not from 0 to {}", what.function, share, all));
    share /= all;
  }
  return quantiles_of(x, options.axis, options.keepdims, between_of(options.method), std::move(what));
}
}  // namespace

namespace xp {
Array median(const Array& x, const ReduceOptions& options) { return quantiles_of(x, options.axis, options.keepdims, Between::mean, {"median", {0.5}}); }
Array nanmedian(const Array& x, const ReduceOptions& options) {
  return quantiles_of(x, options.axis, options.keepdims, Between::mean, {"nanmedian", {0.5}, false, true});
}
Array quantile(const Array& x, double share, const QuantileOptions& options) { return quantiles_of(x, options, {"quantile", {share}}, 1); }
Array quantile(const Array& x, const std::vector<double>& shares, const QuantileOptions& options) { return quantiles_of(x, options, {"quantile", shares, true}, 1); }
Array percentile(const Array& x, double percent, const QuantileOptions& options) { return quantiles_of(x, options, {"percentile", {percent}}, 100); }
Array percentile(const Array& x, const std::vector<double>& percents, const QuantileOptions& options) {
  return quantiles_of(x, options, {"percentile", percents, true}, 100);
}
Array nanquantile(const Array& x, double share, const QuantileOptions& options) { return quantiles_of(x, options, {"nanquantile", {share}, false, true}, 1); }
Array nanquantile(const Array& x, const std::vector<double>& shares, const QuantileOptions& options) {
  return quantiles_of(x, options, {"nanquantile", shares, true, true}, 1);
}
}  // namespace xp
}  // namespace tessera
