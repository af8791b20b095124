/// @file
/// Discrete Fourier transforms along one axis of a block, by KISS FFT. Computed in float64, rounded once for float32 and complex64.
#pragma once
#include "arrays/block.hpp"

#include <cstddef>
#include <cstdint>

namespace tessera::arrays::fft {
/// The numbers are on the wire.
enum class Transform : std::uint8_t {
  forward,       ///< Of n numbers n complex ones.
  inverse,
  real_forward,  ///< Of n real numbers the first n / 2 + 1 of their transform.
  real_inverse,  ///< Of the first n / 2 + 1 of a transform the n real numbers.
};

/// What one line of `dtype` becomes: n or n / 2 + 1 elements.
Dtype result_of(Transform transform, Dtype dtype);
std::int64_t length_of(Transform transform, std::int64_t n);
/// Memory that it takes besides block and result, an estimate from above.
std::int64_t scratch_bytes(std::int64_t n);

/// Each line along `axis` is cut or continued with zeros to what makes n elements, transformed, and multiplied by `scale`. Floats only. Takes n log n
/// steps a line, for any n.
runtime::Result<Block> transformed(Transform transform, const Block& block, std::size_t axis, std::int64_t n, double scale);
}  // namespace tessera::arrays::fft
