/// @file
/// Brackets with arrays between them, sorted out: slices first, then what arrays take of what they leave.
#pragma once
#include "client/array/face.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::detail {
struct Brackets {
  std::vector<arrays::shape::Index> slices;  ///< No integers: those are slices of one, and an index array.
  std::vector<Array> arrays;
  std::vector<std::size_t> dimensions;       ///< Where each is in what the slices leave; a mask, where it begins.
  bool is_split = false;                     ///< Something else stands between the arrays.
};
/// Refuses more indices than there are dimensions, and integers out of range.
Brackets sorted_out(const Array& x, std::span<const Bracket> brackets);
}  // namespace tessera::detail
