// Copies, grids and triangles, made of views and element-wise functions.
#include "arrays/expression/numbers.hpp"
#include "client/array/face.hpp"
#include "client/xp/arranging.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::xp {
using arrays::Shape;
using detail::made;

namespace {
[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

Array part(const Array& x, std::size_t axis, std::int64_t start, std::int64_t stop) {
  std::vector<arrays::shape::Index> brackets(x.ndim(), Slice{});
  brackets[axis] = Slice{start, stop};
  return made(arrays::expression::index(x.node(), brackets));
}

/// Each element along the axis `times` times.
Array repeated(const Array& x, std::size_t axis, std::int64_t times) {
  if (times == 1) return x;
  if (times == 0) return part(x, axis, 0, 0);
  Shape shape = x.shape();
  shape[axis] *= times;
  Shape stretched = x.shape();
  stretched.insert(stretched.begin() + static_cast<std::ptrdiff_t>(axis) + 1, times);
  return reshape(broadcast_to(expand_dims(x, static_cast<std::int64_t>(axis) + 1), stretched), shape);
}

/// The array and the axis that are meant: without one all elements in C order.
std::pair<Array, std::size_t> along(const Array& x, const RepeatOptions& options) {
  if (!options.axis) return {reshape(x, {-1}), 0};
  const std::int64_t wanted[] = {*options.axis};
  return {x, detail::need(arrays::expression::axes_in_order("repeat", x.shape(), wanted))[0]};
}
void check_repeats(std::int64_t repeats) {
  if (repeats < 0) refuse(fmt::format("repeat: an element cannot be there {} times", repeats));
}
}  // namespace

Array tile(const Array& x, const std::vector<std::int64_t>& repetitions) {
  std::vector<std::int64_t> times = repetitions;
  if (times.size() < x.ndim()) times.insert(times.begin(), x.ndim() - times.size(), 1);
  std::vector<std::int64_t> added;
  for (std::size_t i = 0; i + x.ndim() < times.size(); ++i) added.push_back(static_cast<std::int64_t>(i));
  Array result = added.empty() ? x : expand_dims(x, added);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] < 0) refuse(fmt::format("tile: an array of shape {} cannot be there {} times", arrays::to_string(x.shape()), times[i]));
    if (times[i] == 0) result = part(result, i, 0, 0);
    else if (times[i] > 1) result = concat(std::vector<Array>(static_cast<std::size_t>(times[i]), result), static_cast<std::int64_t>(i));
  }
  return result;
}

Array repeat(const Array& x, std::int64_t repeats, const RepeatOptions& options) {
  check_repeats(repeats);
  const auto [of, axis] = along(x, options);
  return repeated(of, axis, repeats);
}

Array repeat(const Array& x, const std::vector<std::int64_t>& repeats, const RepeatOptions& options) {
  const auto [of, axis] = along(x, options);
  if (std::ssize(repeats) != of.shape()[axis])
    refuse(fmt::format("repeat: {} numbers are given for the {} elements along dimension {} of the shape {}", repeats.size(), of.shape()[axis], axis, arrays::to_string(of.shape())));
  std::vector<Array> parts;
  for (std::size_t first = 0, end = 0; first < repeats.size(); first = end) {
    check_repeats(repeats[first]);
    while (end < repeats.size() && repeats[end] == repeats[first]) ++end;
    parts.push_back(repeated(part(of, axis, static_cast<std::int64_t>(first), static_cast<std::int64_t>(end)), axis, repeats[first]));
  }
  if (parts.empty()) return of;
  const Array joined = concat(parts, static_cast<std::int64_t>(axis));
  // Runs of equal numbers are chunks; they may be small.
  std::vector<arrays::shape::DimensionChunks> whole(joined.chunks().begin(), joined.chunks().end());
  whole[axis] = arrays::shape::DimensionChunks();
  return rechunk(joined, whole);
}

Array roll(const Array& x, std::int64_t shift) { return reshape(roll(reshape(x, {-1}), shift, 0), x.shape()); }
Array roll(const Array& x, const std::vector<std::int64_t>& shifts, const std::vector<std::int64_t>& axes) {
  if (shifts.size() != axes.size()) refuse(fmt::format("roll: {} shifts are given for {} axes", shifts.size(), axes.size()));
  Array result = x;
  for (std::size_t i = 0; i < axes.size(); ++i) result = roll(result, shifts[i], axes[i]);
  return result;
}

Array moveaxis(const Array& x, const std::vector<std::int64_t>& source, const std::vector<std::int64_t>& destination) {
  const auto from = detail::need(arrays::expression::axes_in_order("moveaxis", x.shape(), source)), to = detail::need(arrays::expression::axes_in_order("moveaxis", x.shape(), destination));
  if (from.size() != to.size()) refuse(fmt::format("moveaxis: {} axes go to {} places", from.size(), to.size()));
  std::vector<std::int64_t> axes(x.ndim(), -1);
  for (std::size_t i = 0; i < to.size(); ++i) axes[to[i]] = static_cast<std::int64_t>(from[i]);
  std::size_t next = 0;  // The others keep their order.
  for (std::int64_t& axis : axes) {
    if (axis >= 0) continue;
    while (std::ranges::find(from, next) != from.end()) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  return permute_dims(x, axes);
}

Array concat(const std::vector<Array>& arrays, std::nullopt_t) {
  std::vector<Array> lines;
  for (const Array& one : arrays) lines.push_back(reshape(one, {-1}));
  return concat(lines, 0);
}

std::vector<Array> meshgrid(const std::vector<Array>& arrays, const MeshgridOptions& options) {
  Shape shape;
  for (const Array& one : arrays) {
    if (one.ndim() > 1) refuse(fmt::format("meshgrid: an array of shape {} has more than one dimension", arrays::to_string(one.shape())));
    shape.push_back(one.size());
  }
  const bool is_swapped = options.indexing == Indexing::xy && arrays.size() > 1;
  if (is_swapped) std::swap(shape[0], shape[1]);
  std::vector<Array> result;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::size_t axis = is_swapped && i < 2 ? 1 - i : i;
    std::vector<std::int64_t> others;
    for (std::size_t k = 0; k < arrays.size(); ++k)
      if (k != axis) others.push_back(static_cast<std::int64_t>(k));
    const Array line = arrays[i].ndim() == 0 ? expand_dims(arrays[i], 0) : arrays[i];
    result.push_back(broadcast_to(others.empty() ? line : expand_dims(line, others), shape));
  }
  return result;
}

namespace {
Array triangle(const char* function, const Array& x, std::int64_t k, bool is_lower) {
  if (x.ndim() < 2) refuse(fmt::format("{}: the shape {} has fewer than two dimensions", function, arrays::to_string(x.shape())));
  const std::size_t rank = x.ndim();
  const auto places = [&](std::size_t axis) { return arange(x.shape()[axis], {.dtype = Dtype::int64, .chunks = arrays::shape::Chunks{x.chunks()[axis]}}); };
  const Array row = expand_dims(places(rank - 2) + k, 1), column = places(rank - 1);
  return where(is_lower ? column <= row : column >= row, x, full({}, 0, {.dtype = x.dtype()}));
}
}  // namespace
Array tril(const Array& x, const TriangleOptions& options) { return triangle("tril", x, options.k, true); }
Array triu(const Array& x, const TriangleOptions& options) { return triangle("triu", x, options.k, false); }

Array clip(const Operand& x, const ClipOptions& limits) {
  if (limits.min && limits.max) return clip(x, *limits.min, *limits.max);
  if (limits.min) return maximum(x, *limits.min);
  return limits.max ? minimum(x, *limits.max) : asarray(x);
}

Array empty(const Shape& shape, const MakeOptions& options) { return zeros(shape, options); }
Array empty_like(const Array& x, std::optional<Dtype> dtype) { return zeros_like(x, dtype); }
}  // namespace tessera::xp
