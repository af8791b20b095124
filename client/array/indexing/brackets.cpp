// What stands between brackets, when arrays are among it.
#include "arrays/shape/slice.hpp"
#include "client/array/indexing/brackets.hpp"
#include "client/array/indexing/indices.hpp"
#include "client/xp/indexing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::detail {
namespace expression = arrays::expression;
using arrays::Shape;
using arrays::shape::Index;

Brackets sorted_out(const Array& x, std::span<const Bracket> brackets) {
  Brackets result;
  std::size_t taken = 0, ellipses = 0;
  for (const Bracket& one : brackets) {
    if (const auto* array = std::get_if<Array>(&one.what())) {
      taken += array->dtype() == Dtype::boolean ? array->ndim() : 1;
      continue;
    }
    const auto& what = std::get<Index>(one.what()).what();
    ellipses += std::holds_alternative<Ellipsis>(what);
    taken += !std::holds_alternative<Ellipsis>(what) && !std::holds_alternative<NewAxis>(what);
  }
  if (taken > x.ndim() || ellipses > 1)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} indices and {} ellipses are given for the shape {}; it takes at most {} and one", taken, ellipses,
                                                         arrays::to_string(x.shape()), x.ndim()));
  std::size_t axis = 0, dimension = 0;  // Of the operand, of what the slices leave.
  bool is_behind = false;               // Something that is no index array came after the first.
  const auto note = [&](Array array) {
    result.is_split |= is_behind;
    result.arrays.push_back(std::move(array));
    result.dimensions.push_back(dimension);
  };
  for (const Bracket& one : brackets) {
    if (const auto* array = std::get_if<Array>(&one.what())) {
      note(*array);
      const std::size_t count = array->dtype() == Dtype::boolean ? array->ndim() : 1;
      result.slices.insert(result.slices.end(), count, Index(Slice{}));
      axis += count, dimension += count;
      continue;
    }
    const Index& index = std::get<Index>(one.what());
    if (const auto* position = std::get_if<std::int64_t>(&index.what())) {
      need(arrays::shape::need_known("an index", x.shape()));
      const std::int64_t length = x.shape()[axis];
      if (*position < -length || *position >= length)
        throw Error(ErrorCode::invalid_argument, fmt::format("index {} is out of range for dimension {} of the shape {}", *position, axis, arrays::to_string(x.shape())));
      const std::int64_t at = *position < 0 ? *position + length : *position;
      note(xp::asarray(Block::of<std::int64_t>({}, {0})));  // Where integers meet index arrays they broadcast with them.
      result.slices.emplace_back(Slice{at, at + 1});
      ++axis, ++dimension;
      continue;
    }
    is_behind |= !result.arrays.empty();
    result.slices.push_back(index);
    if (std::holds_alternative<Ellipsis>(index.what())) axis += x.ndim() - taken, dimension += x.ndim() - taken;
    else ++dimension, axis += !std::holds_alternative<NewAxis>(index.what());
  }
  return result;
}

Array indexed(const Array& x, std::span<const Bracket> brackets) {
  const bool has_arrays = std::ranges::any_of(brackets, [](const Bracket& one) { return std::holds_alternative<Array>(one.what()); });
  if (!has_arrays) {
    std::vector<Index> plain;
    for (const Bracket& one : brackets) plain.push_back(std::get<Index>(one.what()));
    return made(expression::index(x.node(), plain));
  }
  const Brackets its = sorted_out(x, brackets);
  const bool is_all = std::ranges::all_of(its.slices, [](const Index& one) {
    const auto* slice = std::get_if<Slice>(&one.what());
    return (slice != nullptr && !slice->start && !slice->stop && slice->step == 1) || std::holds_alternative<Ellipsis>(one.what());
  });
  Array part = is_all ? x : made(expression::index(x.node(), its.slices));
  if (std::ranges::any_of(its.arrays, [](const Array& one) { return one.dtype() == Dtype::boolean; })) {
    if (its.arrays.size() > 1)
      throw Error(ErrorCode::invalid_argument, fmt::format("a mask is the only array or integer between the brackets of the shape {}; take the rest in a second step",
                                                           arrays::to_string(x.shape())));
    return masked(part, its.dimensions[0], its.arrays[0]);
  }
  std::size_t first = its.dimensions[0];
  const bool is_together = its.dimensions.back() - first + 1 == its.dimensions.size();
  if (its.is_split || !is_together) {  // As in NumPy the dimensions of the indices are the first ones then.
    std::vector<std::int64_t> order(its.dimensions.begin(), its.dimensions.end());
    for (std::size_t i = 0; i < part.ndim(); ++i)
      if (std::ranges::find(its.dimensions, i) == its.dimensions.end()) order.push_back(static_cast<std::int64_t>(i));
    part = xp::permute_dims(part, order);
    first = 0;
  }
  return taken("an index", part, first, its.arrays);
}
}  // namespace tessera::detail
