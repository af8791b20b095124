#include "arrays/shape/slice.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::arrays::shape {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

struct Range { std::int64_t first, count; };
/// As Python's `slice.indices`. `slice.step` is not 0.
Range resolve(const Slice& slice, std::int64_t length) {
  const bool up = slice.step > 0;
  const auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
    if (!given) return otherwise;
    const std::int64_t at = *given < 0 ? *given + length : *given;
    return std::clamp(at, up ? std::int64_t{0} : std::int64_t{-1}, up ? length : length - 1);
  };
  const std::int64_t first = bound(slice.start, up ? 0 : length - 1), end = bound(slice.stop, up ? length : -1);
  const auto distance = static_cast<std::uint64_t>(std::max<std::int64_t>(up ? end - first : first - end, 0));
  const std::uint64_t step = up ? static_cast<std::uint64_t>(slice.step) : -static_cast<std::uint64_t>(slice.step);
  return {first, distance == 0 ? 0 : static_cast<std::int64_t>((distance - 1) / step + 1)};
}

/// Appends what one place between the brackets makes of dimension `axis`.
std::optional<Failure> append(const Index& place, std::size_t axis, ShapeView shape, View& view) {
  const std::int64_t length = shape[axis];
  if (const auto* position = std::get_if<std::int64_t>(&place.what())) {
    if (*position < -length || *position >= length)
      return wrong(fmt::format("index {} is out of range for dimension {} of the shape {}", *position, axis, arrays::to_string(shape)));
    view.base.push_back(*position < 0 ? *position + length : *position);
    return std::nullopt;
  }
  const auto& slice = std::get<Slice>(place.what());
  if (slice.step == 0)
    return wrong(fmt::format("the slice of dimension {} of the shape {} has the step 0; it may be anything else", axis, arrays::to_string(shape)));
  const Range range = resolve(slice, length);
  view.base.push_back(range.first);
  view.shape.push_back(range.count);
  view.from.push_back({static_cast<std::int32_t>(axis), range.count > 1 ? slice.step : 1});
  return std::nullopt;
}
}  // namespace

runtime::Result<View> indexed(std::span<const Index> brackets, ShapeView shape) {
  std::size_t taken = 0, ellipses = 0;
  for (const Index& place : brackets) {
    const bool ellipsis = std::holds_alternative<Ellipsis>(place.what());
    ellipses += ellipsis;
    taken += !ellipsis && !std::holds_alternative<NewAxis>(place.what());
  }
  if (taken > shape.size() || ellipses > 1)
    return wrong(fmt::format("{} indices and {} ellipses are given for the shape {}; it takes at most {} and one", taken, ellipses,
                             arrays::to_string(shape), shape.size()));
  View view;
  std::size_t axis = 0;
  const auto whole = [&](std::size_t count) {
    for (std::size_t end = axis + count; axis < end; ++axis) append(Slice{}, axis, shape, view);
  };
  for (const Index& place : brackets) {
    if (std::holds_alternative<NewAxis>(place.what())) {
      view.shape.push_back(1);
      view.from.push_back({});
    } else if (std::holds_alternative<Ellipsis>(place.what())) {
      whole(shape.size() - taken);
    } else if (const auto failure = append(place, axis++, shape, view)) {
      return *failure;
    }
  }
  whole(shape.size() - axis);
  return view;
}
}  // namespace tessera::arrays::shape
