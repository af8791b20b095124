#include "arrays/shape/grid.hpp"

#include <algorithm>

namespace tessera::arrays::shape {
Grid::Grid(const Chunks& chunks) {
  for (const Cuts& cuts : chunks) {
    auto& offsets = offsets_.emplace_back(1, 0);
    for (const std::int64_t length : cuts) offsets.push_back(offsets.back() + length);
    counts_.push_back(static_cast<std::int64_t>(cuts.size()));
    size_ *= cuts.size();
  }
}

Shape Grid::at(std::size_t number) const {
  Shape at(rank());
  for (std::size_t axis = rank(); axis-- > 0;) {
    const auto count = static_cast<std::size_t>(counts_[axis]);
    at[axis] = static_cast<std::int64_t>(number % count);
    number /= count;
  }
  return at;
}

std::size_t Grid::number(ShapeView at) const {
  std::size_t number = 0;
  for (std::size_t axis = 0; axis < rank(); ++axis) number = number * static_cast<std::size_t>(counts_[axis]) + static_cast<std::size_t>(at[axis]);
  return number;
}

Box Grid::box(ShapeView at) const {
  Box box;
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    box.start.push_back(start(axis, at[axis]));
    box.count.push_back(length(axis, at[axis]));
  }
  return box;
}

std::int64_t Grid::find(std::size_t axis, std::int64_t position) const {
  const auto& offsets = offsets_[axis];
  return std::upper_bound(offsets.begin(), offsets.end(), position) - offsets.begin() - 1;
}

bool next_index(Shape& at, ShapeView counts) {
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (++at[i] < counts[i]) return true;
    at[i] = 0;
  }
  return false;
}
}  // namespace tessera::arrays::shape
