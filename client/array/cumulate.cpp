// Cumulative sums and products: totals of chunks, their cumulation, and each chunk from where the one before it ends.
#include "arrays/kernels/cumulate.hpp"

#include "arrays/expression/numbers.hpp"
#include "client/array/face.hpp"
#include "client/array/procedure.hpp"
#include "client/sizes.hpp"
#include "client/xp/windows.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

namespace tessera {
namespace kernels = arrays::kernels;
using kernels::Cumulation;

namespace array_operations {
namespace {
Cumulation cumulation(std::uint8_t by) {
  if (by > static_cast<std::uint8_t>(Cumulation::prod)) throw Error(ErrorCode::invalid_argument, "there is no such cumulation");
  return static_cast<Cumulation>(by);
}
}  // namespace

Block cumulate_total(const Block& block, std::uint8_t by, std::int64_t axis) { return detail::need(kernels::total(cumulation(by), block, static_cast<std::size_t>(axis))); }
/// `totals` is empty, or has the totals of all chunks before, the last of which is `which`.
Block cumulate(const Block& block, const std::vector<Block>& totals, std::int64_t which, std::uint8_t by, std::int64_t axis) {
  return detail::need(kernels::cumulate(cumulation(by), block, static_cast<std::size_t>(axis), totals.empty() ? nullptr : totals.data(), which));
}

namespace {
Sizes total_sizes(const Given<Block>& block, const Given<std::uint8_t>&, const Given<std::int64_t>& axis) {
  arrays::Shape shape = block.extent().shape;
  shape.at(static_cast<std::size_t>(axis.value())) = 1;
  return {Extent::of(kernels::accumulator_of(block.extent().dtype.value()), shape)};
}
Sizes cumulate_sizes(const Given<Block>& block, const Given<std::vector<Block>>&, const Given<std::int64_t>&, const Given<std::uint8_t>&, const Given<std::int64_t>& axis) {
  arrays::Shape row = block.extent().shape;
  row.erase(row.begin(), row.begin() + axis.value() + 1);
  return {block.extent(), Extent::of(kernels::accumulator_of(block.extent().dtype.value()), row).bytes};
}
}  // namespace
TESSERA_OPERATION_SIZED_AS(cumulate_total, "tessera.array.cumulate_total", Effects::pure, total_sizes);
TESSERA_OPERATION_SIZED_AS(cumulate, "tessera.array.cumulate", Effects::pure, cumulate_sizes);
}  // namespace array_operations

namespace detail {
namespace {
/// Of each chunk along an axis but the last.
struct Totals : Blockwise {
  Cumulation by;
  std::size_t axis;
  Totals(Cumulation by_, std::size_t axis_) : by(by_), axis(axis_) {}
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Totals*>(&other);
    return its != nullptr && its->by == by && its->axis == axis;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override { take(0, call.operands[0]->number(call.grid.at(chunk))); }
  runtime::graph::Index task(Graph& graph, const Calling&, std::size_t, std::span<const runtime::graph::Index> inputs) const override {
    return graph.add(array_operations::cumulate_total, Deferred<Block>{inputs[0]}, static_cast<std::uint8_t>(by), static_cast<std::int64_t>(axis)).index;
  }
};

/// Of an array, and of the cumulated totals of its chunks in one chunk along the axis, where it has more than one.
struct Cumulated : Blockwise {
  Cumulation by;
  std::size_t axis;
  Cumulated(Cumulation by_, std::size_t axis_) : by(by_), axis(axis_) {}
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Cumulated*>(&other);
    return its != nullptr && its->by == by && its->axis == axis;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    take(0, chunk);
    arrays::Shape at = call.grid.at(chunk);
    if (at[axis] == 0) return;
    at[axis] = 0;
    take(1, call.operands[1]->number(at));
  }
  runtime::graph::Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const runtime::graph::Index> inputs) const override {
    std::vector<Deferred<Block>> totals;
    for (const auto one : inputs.subspan(1)) totals.push_back({one});
    return graph.add(array_operations::cumulate, Deferred<Block>{inputs[0]}, totals, call.grid.at(chunk)[axis] - 1, static_cast<std::uint8_t>(by),
                     static_cast<std::int64_t>(axis)).index;
  }
};

Array special(std::shared_ptr<const Blockwise> procedure, Dtype dtype, arrays::shape::Chunks chunks, const std::vector<Array>& of) {
  return made(arrays::expression::special(std::move(procedure), dtype, std::move(chunks), nodes_of(of)));
}

Array cumulative(const char* function, Cumulation by, const Array& given, const xp::CumulativeOptions& options) {
  if (given.ndim() == 0 || (!options.axis && given.ndim() > 1))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} of an array of shape {}: name one of its axes", function, arrays::to_string(given.shape())));
  const std::int64_t wanted[] = {options.axis.value_or(0)};
  const std::size_t axis = need(arrays::expression::axes_in_order(function, given.shape(), wanted))[0];
  const auto reduction = need(arrays::kernels::reduction_of(by == Cumulation::sum ? arrays::kernels::Reducer::sum : arrays::kernels::Reducer::prod, given.dtype(), options.dtype, 0));
  if (reduction.result == Dtype::boolean || arrays::is_time(reduction.result))
    throw Error(ErrorCode::type_mismatch, fmt::format("{} of {} as {}: it gives integers, floats and complex numbers", function, arrays::to_string(given.dtype()),
                                                      arrays::to_string(reduction.result)));
  const Array x = xp::astype(given, reduction.result);
  arrays::shape::Chunks chunks = x.chunks();
  std::vector<Array> of{x};
  if (const std::size_t count = chunks[axis].size(); count > 1) {
    arrays::shape::Chunks ones = x.chunks(), one = ones;
    ones[axis].assign(count - 1, 1);  // What comes after the last chunk nobody asks.
    one[axis] = {static_cast<std::int64_t>(count - 1)};
    const Dtype wide = arrays::kernels::accumulator_of(x.dtype());
    const Array totals = xp::rechunk(special(std::make_shared<Totals>(by, axis), wide, ones, {x}), one);
    of.push_back(special(std::make_shared<Cumulated>(by, axis), wide, one, {totals}));
  }
  const Array result = special(std::make_shared<Cumulated>(by, axis), x.dtype(), chunks, of);
  if (!options.include_initial) return result;
  arrays::Shape shape = x.shape();
  shape[axis] = 1, chunks[axis] = {1};
  return xp::concat({xp::full(shape, by == Cumulation::prod ? 1 : 0, {.dtype = x.dtype(), .chunks = chunks}), result}, static_cast<std::int64_t>(axis));
}
}  // namespace
}  // namespace detail

namespace xp {
Array cumulative_sum(const Array& x, const CumulativeOptions& options) { return detail::cumulative("cumulative_sum", Cumulation::sum, x, options); }
Array cumulative_prod(const Array& x, const CumulativeOptions& options) { return detail::cumulative("cumulative_prod", Cumulation::prod, x, options); }
Array cumsum(const Array& x, const CumulativeOptions& options) { return cumulative_sum(options.axis ? x : reshape(x, {-1}), options); }
Array cumprod(const Array& x, const CumulativeOptions& options) { return cumulative_prod(options.axis ? x : reshape(x, {-1}), options); }
}  // namespace xp
}  // namespace tessera
