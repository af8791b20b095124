/// @file
/// The chunks of an array as a grid: which chunk lies where.
#pragma once
#include "arrays/shape/chunks.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::arrays::shape {
/// `count` elements from `start` on along each dimension.
struct Box {
  Shape start, count;
  friend bool operator==(const Box&, const Box&) = default;
};

/// Chunks are numbered in C order. An array has at least one, which may be empty.
class Grid {
 public:
  explicit Grid(const Chunks& chunks);

  std::size_t size() const { return size_; }
  std::size_t rank() const { return offsets_.size(); }
  /// How many chunks lie along each dimension.
  const Shape& counts() const { return counts_; }
  /// Where a chunk lies in the grid, and back.
  Shape at(std::size_t number) const;
  std::size_t number(ShapeView at) const;
  /// The elements of the chunk there.
  Box box(ShapeView at) const;
  /// First element of chunk `index` along `axis`; of the one behind the last: the length.
  std::int64_t start(std::size_t axis, std::int64_t index) const { return offsets_[axis][static_cast<std::size_t>(index)]; }
  std::int64_t length(std::size_t axis, std::int64_t index) const { return start(axis, index + 1) - start(axis, index); }
  /// The chunk along `axis` that has the element at `position`, which there must be.
  std::int64_t find(std::size_t axis, std::int64_t position) const;

 private:
  std::vector<std::vector<std::int64_t>> offsets_;
  Shape counts_;
  std::size_t size_ = 1;
};

/// The index after `at` in C order within `counts`; false after the last.
bool next_index(Shape& at, ShapeView counts);
}  // namespace tessera::arrays::shape
