/// @file
/// Between the public functions of sorting, sets and counts and their tasks.
#pragma once
#include "arrays/shape/chunks.hpp"
#include "client/array/face.hpp"
#include "client/array/procedure.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::detail {
/// How many parts one task merges.
inline constexpr std::size_t parts_max = 8;

/// Merges by eights until one is left; one alone stays as it is. `merge(parts)` adds a task.
template <class T, class Merge>
Deferred<T> in_a_tree(std::vector<Deferred<T>> left, const Merge& merge) {
  while (left.size() > 1) {
    std::vector<Deferred<T>> next;
    for (std::size_t i = 0; i < left.size(); i += parts_max) {
      const auto end = left.begin() + static_cast<std::ptrdiff_t>(std::min(i + parts_max, left.size()));
      const std::vector<Deferred<T>> some(left.begin() + static_cast<std::ptrdiff_t>(i), end);
      next.push_back(some.size() == 1 ? some[0] : merge(some));
    }
    left = std::move(next);
  }
  return left.front();
}

enum class Part : std::uint8_t { values, positions };
/// The array sorted, or the positions that sort it; lines of more than so many bytes are merged from chunks.
Array sorted(const Array& x, std::size_t axis, bool is_down, Part part, std::uint64_t line_bytes_max = arrays::shape::target_bytes_default * 5 / 4);
}  // namespace tessera::detail
