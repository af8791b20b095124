// New values at places: `where` between the array and values that are brought to their places.
#include "arrays/shape/slice.hpp"
#include "client/array/indexing/indices.hpp"
#include "client/array/indexing/operations.hpp"
#include "client/array/procedure.hpp"
#include "client/xp/indexing.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera {
namespace {
namespace expression = arrays::expression;
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::Cuts;
using arrays::shape::Index;
using arrays::ShapeView;

Error wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, "set: " + sentence}; }

/// For each position along a dimension of `length` the last index that names it, or -1.
struct LastWritten : detail::Blockwise {
  bool equals(const Procedure& other) const override { return dynamic_cast<const LastWritten*>(&other) != nullptr; }
  void need(const detail::Calling&, std::size_t, const detail::Take& take) const override { take(0, 0); }
  runtime::graph::Index task(Graph& graph, const detail::Calling& call, std::size_t chunk, std::span<const runtime::graph::Index> inputs) const override {
    const auto at = static_cast<std::int64_t>(chunk);
    return graph.add(array_operations::last_written, Deferred<Block>{inputs[0]}, call.grid.start(0, at), call.grid.length(0, at),
                     call.grid.start(0, static_cast<std::int64_t>(call.grid.size()))).index;
  }
};

/// What is set along one dimension of the array.
struct Along {
  std::size_t axis = 0;
  std::int64_t first = 0, count = 0, step = 1;  ///< Of a slice, upwards.
  bool is_flipped = false;                      ///< The slice goes downwards.
  bool is_dropped = false;                      ///< An integer: values do not have the dimension.
  std::optional<Array> indices = {};            ///< Instead of a slice.
};

/// An array of one dimension as the dimension `axis` of `rank`.
Array lifted(const Array& line, std::size_t axis, std::size_t rank) {
  std::vector<std::int64_t> added;
  for (std::size_t i = 0; i < rank; ++i)
    if (i != axis) added.push_back(static_cast<std::int64_t>(i));
  return rank == 1 ? line : xp::expand_dims(line, xp::Axis(added));
}

/// For each position of the dimension the index that names it, or -1, in the chunks of the array.
Array last_written(const Array& x, const Along& along) {
  const std::int64_t length = x.shape()[along.axis];
  const Cuts& cuts = x.chunks()[along.axis];
  if (const auto known = detail::known_indices(*along.indices)) {
    detail::check_range(*known, length, fmt::format("dimension {} of the shape {}", along.axis, arrays::to_string(x.shape())));
    return xp::asarray(detail::need(arrays::kernels::last_written(*known, 0, length, length)), Chunks{cuts});
  }
  const Array whole = xp::rechunk(xp::astype(*along.indices, Dtype::int64), -1);
  return detail::made(expression::special(std::make_shared<LastWritten>(), Dtype::int64, {cuts}, {whole.node()}));
}

/// Which positions of the dimension are set.
Array inside(const Array& x, const Along& along) {
  if (along.indices) return last_written(x, along) >= 0;
  const Array at = xp::arange(0, x.shape()[along.axis], 1, {.dtype = Dtype::int64, .chunks = Chunks{x.chunks()[along.axis]}});
  const Array in_range = (at >= along.first) & (at < along.first + (along.count - 1) * along.step + 1);
  return along.step == 1 ? in_range : in_range & (xp::remainder(at - along.first, along.step) == 0);
}

/// Values for all positions of the dimension, whatever they are where nothing is set.
Array spread(const Array& x, Array values, const Along& along) {
  const std::int64_t length = x.shape()[along.axis];
  if (values.shape()[along.axis] == 1) return values;  // It stretches.
  const auto axis = static_cast<std::int64_t>(along.axis);
  if (along.indices) {
    const Array last = last_written(x, along);
    const auto known = detail::known_indices(last);
    if (!known) return xp::take(values, xp::maximum(last, 0), axis);
    return xp::take(values, xp::asarray(Block::make<std::int64_t>(known->shape(), [&](std::span<std::int64_t> to) {
      std::ranges::transform(known->data<std::int64_t>(), to.begin(), [](std::int64_t at) { return std::max<std::int64_t>(at, 0); });
    }), last.chunks()), axis);
  }
  if (along.is_flipped) values = xp::flip(values, axis);
  if (along.step > 1) {
    std::vector<std::int64_t> at;
    for (std::int64_t i = 0; i < length; ++i) at.push_back(std::clamp<std::int64_t>((i - along.first) / along.step, 0, along.count - 1));
    return xp::take(values, xp::asarray(at, Chunks{x.chunks()[along.axis]}), axis);
  }
  const auto filler = [&](std::int64_t count) {
    Shape shape = values.shape();
    shape[along.axis] = count;
    Chunks chunks = values.chunks();
    chunks[along.axis] = {count};
    return xp::zeros(shape, {.dtype = values.dtype(), .chunks = chunks});
  };
  return xp::concat({filler(along.first), values, filler(length - along.first - along.count)}, axis);
}

std::vector<Along> sorted_out(const Array& x, std::span<const Bracket> brackets) {
  std::size_t taken = 0;
  for (const Bracket& one : brackets) {
    const auto* index = std::get_if<Index>(&one.what());
    if (index != nullptr && std::holds_alternative<NewAxis>(index->what())) throw wrong("NewAxis adds nothing that could be set: leave it out");
    taken += index == nullptr || !std::holds_alternative<Ellipsis>(index->what());
  }
  if (taken > x.ndim() || brackets.size() > taken + 1)
    throw wrong(fmt::format("{} indices are given for the shape {}; it takes at most {} and one Ellipsis", brackets.size(), arrays::to_string(x.shape()), x.ndim()));
  std::vector<Along> all;
  std::size_t axis = 0;
  for (const Bracket& one : brackets) {
    if (const auto* array = std::get_if<Array>(&one.what())) {
      if (!arrays::is_integer(array->dtype()) || array->ndim() != 1)
        throw wrong(fmt::format("an array of {} of shape {} is no index; it is of integers and of one dimension, or a mask that stands alone", arrays::to_string(array->dtype()),
                                arrays::to_string(array->shape())));
      all.push_back({axis++, 0, array->shape()[0], 1, false, false, *array});
      continue;
    }
    const Index& index = std::get<Index>(one.what());
    if (std::holds_alternative<Ellipsis>(index.what())) {
      axis += x.ndim() - taken;
      continue;
    }
    const std::int64_t length = x.shape()[axis];
    const auto view = detail::need(arrays::shape::indexed({&index, 1}, ShapeView(&length, 1)));
    Along along{axis++, view.base[0], view.shape.empty() ? 1 : view.shape[0], view.shape.empty() ? 1 : view.from[0].step, false, view.shape.empty(), {}};
    along.is_flipped = along.step < 0;
    if (along.is_flipped) along.first += (along.count - 1) * along.step, along.step = -along.step;
    all.push_back(along);
  }
  std::size_t arrays = 0, integers = 0;
  for (const Along& along : all) arrays += along.indices.has_value(), integers += along.is_dropped;
  if (arrays > 1 || (arrays == 1 && integers > 0)) throw wrong("one array of indices stands between the brackets, with slices; write an integer as a slice of one");
  return all;
}

/// `x`, and `value` where it is true; in the dtype of `x`.
Array chosen(const Array& x, const Array& is_set, const Operand& value) {
  const Array result = xp::where(is_set, value, x);
  if (result.dtype() != x.dtype())
    throw Error(ErrorCode::type_mismatch, fmt::format("set: the values do not fit an array of {}, as together they are {}; use astype on one of them", arrays::to_string(x.dtype()),
                                                      arrays::to_string(result.dtype())));
  return result;
}

Array set_mask(const Array& x, const Array& mask, const Operand& value) {
  const bool fits = mask.ndim() <= x.ndim() && std::equal(mask.shape().begin(), mask.shape().end(), x.shape().begin());
  if (!fits) throw wrong(fmt::format("a mask of shape {} does not fit the shape {}: it has its first dimensions", arrays::to_string(mask.shape()), arrays::to_string(x.shape())));
  if (const auto* values = std::get_if<Array>(&value.what())) {
    const ShapeView behind = ShapeView(x.shape()).subspan(mask.ndim());
    bool stretches = values->ndim() <= behind.size();
    for (std::size_t i = 0; stretches && i < values->ndim(); ++i) {
      const std::int64_t length = values->shape()[values->ndim() - 1 - i];
      stretches = length == 1 || length == behind[behind.size() - 1 - i];
    }
    if (!stretches)
      throw wrong(fmt::format("values of shape {} do not broadcast to {}, the dimensions behind the mask; where(mask, values, x) takes values of the shape of x",
                              arrays::to_string(values->shape()), arrays::to_string(behind)));
  }
  std::vector<std::int64_t> added;
  for (std::size_t i = mask.ndim(); i < x.ndim(); ++i) added.push_back(static_cast<std::int64_t>(i));
  return chosen(x, added.empty() ? mask : xp::expand_dims(mask, xp::Axis(added)), value);
}

/// The values in all dimensions of the array, in its chunks.
Array placed(const Array& x, Array values, const std::vector<Along>& all) {
  Shape region = x.shape();
  std::vector<std::int64_t> dropped;
  for (const Along& along : all) {
    region[along.axis] = along.count;
    if (along.is_dropped) dropped.push_back(static_cast<std::int64_t>(along.axis));
  }
  Shape wanted;
  for (std::size_t i = 0; i < region.size(); ++i)
    if (std::ranges::find(dropped, static_cast<std::int64_t>(i)) == dropped.end()) wanted.push_back(region[i]);
  while (values.ndim() > wanted.size() && values.shape()[0] == 1) values = xp::squeeze(values, 0);
  const Shape both[] = {values.shape(), wanted};
  if (values.ndim() > wanted.size() || xp::broadcast_shapes({both[0], both[1]}) != wanted)
    throw wrong(fmt::format("values of shape {} do not broadcast to {}, the shape of what is set", arrays::to_string(values.shape()), arrays::to_string(wanted)));
  if (values.ndim() < wanted.size()) {
    std::vector<std::int64_t> added(wanted.size() - values.ndim());
    for (std::size_t i = 0; i < added.size(); ++i) added[i] = static_cast<std::int64_t>(i);
    values = xp::expand_dims(values, xp::Axis(added));
  }
  if (!dropped.empty()) values = xp::expand_dims(values, xp::Axis(dropped));
  for (const Along& along : all) values = spread(x, values, along);
  Chunks chunks = x.chunks();
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (values.shape()[i] != x.shape()[i]) chunks[i] = {values.shape()[i]};
  return xp::rechunk(values, chunks);
}
}  // namespace

namespace xp {
Array set(const Array& x, std::initializer_list<Bracket> brackets, const Operand& value) {
  for (const Bracket& one : brackets) {
    const auto* mask = std::get_if<Array>(&one.what());
    if (mask == nullptr || mask->dtype() != Dtype::boolean) continue;
    if (brackets.size() > 1) throw wrong("a mask stands alone between the brackets; combine it with the rest by `&`");
    return set_mask(x, *mask, value);
  }
  detail::need(arrays::shape::need_known("set", x.shape()));
  const std::vector<Along> all = sorted_out(x, {brackets.begin(), brackets.size()});
  const auto* values = std::get_if<Array>(&value.what());
  std::optional<Array> is_set;
  for (const Along& along : all) {
    const bool is_whole = !along.indices && along.count == x.shape()[along.axis] && along.step == 1;
    if (is_whole) continue;
    if (along.count == 0) return x;
    const Array its = lifted(inside(x, along), along.axis, x.ndim());
    is_set = is_set ? *is_set & its : its;
  }
  const Array everywhere = is_set ? *is_set : full({}, true);
  return chosen(x, everywhere, values == nullptr ? value : Operand(placed(x, *values, all)));
}
}  // namespace xp
}  // namespace tessera
