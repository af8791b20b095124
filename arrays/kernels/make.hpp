/// @file
/// Elements that are known from their index: as blocks, and as inputs of programs, which make them tile by tile. Both give the same bits.
#pragma once
#include "arrays/block.hpp"
#include "arrays/kernels/scalar.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::arrays::kernels {
struct Make {
  enum class Kind : std::uint8_t {
    full,      ///< `numbers[0]`.
    range,     ///< `numbers[0] + numbers[1] * index`, in one dimension.
    linspace,  ///< The same from `numbers[0]` to `numbers[1]`, the end included.
    eye,       ///< 1 where column - row is `offset`, else 0.
    uniform,   ///< Random, of [0, 1); `offset` is the seed.
    normal,    ///< Random, with mean 0 and deviation 1; `offset` is the seed.
  };
  Kind kind{};
  std::vector<Scalar> numbers = {};
  std::int64_t offset = 0;
  friend bool operator==(const Make&, const Make&) = default;
};

/// Where a chunk lies in the whole array.
struct Place {
  Shape start;  ///< Index of the chunk's first element.
  Shape whole;  ///< Shape of the array.
};

/// Refuses a kind that is not there, and numbers, a dtype or a rank that do not fit it.
runtime::Result<void> check(const Make& what, Dtype dtype, std::size_t rank);
/// Writes `n` elements of the chunk of that shape and place from `first` on in C order. All have passed `check`.
void fill(const Make& what, Dtype dtype, const Place& place, ShapeView shape, std::int64_t first, std::size_t n, std::byte* to);
/// `count` elements from `start` on of an array of shape `whole`. Refuses what `check` refuses.
runtime::Result<Block> made(const Make& what, Dtype dtype, ShapeView start, ShapeView count, ShapeView whole);
}  // namespace tessera::arrays::kernels
