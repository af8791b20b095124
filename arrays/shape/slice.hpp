/// @file
/// Basic indexing: what may stand between brackets, and the view that it means.
#pragma once
#include "arrays/shape/view.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace tessera::arrays::shape {
/// Python's `start:stop:step`; what is left out reaches to the end, and a negative bound counts from there. `Slice{}` is all.
struct Slice {
  std::optional<std::int64_t> start = {}, stop = {};
  std::int64_t step = 1;
};
struct Ellipsis {};  ///< As many whole dimensions as are left.
struct NewAxis {};   ///< A dimension of length 1.

/// One place between the brackets.
class Index {
 public:
  Index(std::integral auto position) : what_(static_cast<std::int64_t>(position)) {}
  Index(Slice slice) : what_(slice) {}
  Index(Ellipsis ellipsis) : what_(ellipsis) {}
  Index(NewAxis axis) : what_(axis) {}
  const std::variant<std::int64_t, Slice, Ellipsis, NewAxis>& what() const { return what_; }

 private:
  std::variant<std::int64_t, Slice, Ellipsis, NewAxis> what_;
};

/// The view of an array of `shape` that the brackets mean. Refuses too many of them, a position out of range and a step of 0.
runtime::Result<View> indexed(std::span<const Index> brackets, ShapeView shape);
}  // namespace tessera::arrays::shape
