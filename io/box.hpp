/// @file
/// Boxes of n-dimensional arrays, as the readers and writers move them.
#pragma once
#include "arrays/block.hpp"

#include <cstddef>

namespace tessera::io {
/// Whether a box lies in an array of that shape. False, too, if the ranks differ.
inline bool lies_in(arrays::ShapeView start, arrays::ShapeView count, arrays::ShapeView shape) {
  if (start.size() != shape.size() || count.size() != shape.size()) return false;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (start[d] < 0 || count[d] < 0 || start[d] > shape[d] || count[d] > shape[d] - start[d]) return false;
  return true;
}

/// Visits a box that lies in two arrays as runs that are contiguous in both: `visit(offset in a, offset in b, elements)`.
template <class Visit>
void for_each_run(arrays::ShapeView count, arrays::ShapeView shape_a, arrays::ShapeView start_a, arrays::ShapeView shape_b,
                  arrays::ShapeView start_b, Visit&& visit) {
  for (const std::int64_t one : count)
    if (one == 0) return;
  // The dimensions from `inner` on are one run: all behind it are taken whole in both arrays.
  std::size_t inner = count.size();
  std::int64_t run = 1;
  while (inner > 0) {
    run *= count[--inner];
    if (count[inner] != shape_a[inner] || count[inner] != shape_b[inner]) break;
  }
  arrays::Shape at(count.size(), 0);
  for (;;) {
    std::int64_t offset_a = 0, offset_b = 0;
    for (std::size_t d = 0; d < count.size(); ++d) {
      offset_a = offset_a * shape_a[d] + start_a[d] + at[d];
      offset_b = offset_b * shape_b[d] + start_b[d] + at[d];
    }
    visit(static_cast<std::size_t>(offset_a), static_cast<std::size_t>(offset_b), static_cast<std::size_t>(run));
    std::size_t d = inner;
    while (d > 0 && ++at[d - 1] == count[d - 1]) at[--d] = 0;
    if (d == 0) return;
  }
}
}  // namespace tessera::io
