#include "client/array/padding.hpp"

#include "client/array/face.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::detail {
namespace {
using arrays::Shape;

/// Elements from `start` on along an axis.
Array part(const Array& x, std::size_t axis, std::int64_t start, std::int64_t count) {
  std::vector<arrays::shape::Index> brackets(x.ndim(), Slice{});
  brackets[axis] = Slice{start, start + count};
  return made(arrays::expression::index(x.node(), brackets));
}

/// What lies beyond one end, `count` elements.
Array beyond(const Array& x, std::size_t axis, std::int64_t count, bool is_before, Padding how) {
  const std::int64_t length = x.shape()[axis];
  Shape shape = x.shape();
  shape[axis] = count;
  if (how == Padding::edge || (how == Padding::reflect && length == 1)) {
    const Array edge = part(x, axis, is_before ? 0 : length - 1, 1);
    std::vector<arrays::shape::DimensionChunks> chunks;
    for (std::size_t i = 0; i < x.ndim(); ++i) chunks.emplace_back(i == axis ? arrays::shape::DimensionChunks(-1) : arrays::shape::DimensionChunks(x.chunks()[i]));
    return xp::rechunk(xp::broadcast_to(edge, shape), chunks);
  }
  // Outwards lie copies of the array, each turned in its turn; the element at the turn is there once where it is not repeated.
  const std::int64_t each = how == Padding::reflect ? length - 1 : length;
  const Array turned = xp::flip(x, static_cast<std::int64_t>(axis));
  std::vector<Array> outwards;
  for (std::int64_t left = count, turn = 0; left > 0; left -= each, ++turn) {
    const bool is_turned = how != Padding::wrap && turn % 2 == 0;
    const std::int64_t some = std::min(left, each), skipped = length - each;
    outwards.push_back(part(is_turned ? turned : x, axis, is_before ? length - skipped - some : skipped, some));
  }
  if (is_before) std::ranges::reverse(outwards);
  return outwards.size() == 1 ? outwards[0] : xp::concat(outwards, static_cast<std::int64_t>(axis));
}
}  // namespace

Array padded(const Array& x, std::size_t axis, std::int64_t before, std::int64_t behind, Padding how, const std::optional<Operand>& number) {
  if (before == 0 && behind == 0) return x;
  if (constexpr std::int64_t most = std::int64_t{1} << 60; before > most || behind > most)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} and {} elements beyond the ends of dimension {} of the shape {} are more than an array has", before, behind, axis,
                                                         arrays::to_string(x.shape())));
  if (x.shape()[axis] == 0 && how != Padding::constant)
    throw Error(ErrorCode::invalid_argument, fmt::format("dimension {} of the shape {} is empty: there is nothing to lie beyond its ends but a constant", axis,
                                                         arrays::to_string(x.shape())));
  if (const auto* value = number ? std::get_if<arrays::Number>(&number->what()) : nullptr; how == Padding::constant && value != nullptr) {
    const bool is_whole = std::holds_alternative<std::int64_t>(*value) || std::holds_alternative<bool>(*value);
    const auto both = arrays::result_type(x.dtype(), *value);
    if (!both || (!is_whole && *both != x.dtype()))
      throw Error(ErrorCode::type_mismatch, fmt::format("the constant beyond the ends of an array of {} is none of its elements", arrays::to_string(x.dtype())));
  }
  std::vector<Array> parts;
  const auto add = [&](std::int64_t count, bool is_before) {
    if (count == 0) return;
    if (how != Padding::constant) return parts.push_back(beyond(x, axis, count, is_before, how));
    Shape shape = x.shape();
    shape[axis] = count;
    arrays::shape::Chunks chunks = x.chunks();
    chunks[axis] = {count};
    const xp::MakeOptions options{.dtype = x.dtype(), .chunks = chunks};
    parts.push_back(number ? xp::full(shape, *number, options) : xp::zeros(shape, options));
  };
  add(before, true);
  parts.push_back(x);
  add(behind, false);
  return xp::concat(parts, static_cast<std::int64_t>(axis));
}
}  // namespace tessera::detail
