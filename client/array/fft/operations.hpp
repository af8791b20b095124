/// @file
/// The operation behind the transforms. What comes in a task's parameters is checked here.
#pragma once
#include "client/array/operations.hpp"

namespace tessera::array_operations {
/// `arrays/fft/transform.hpp`; `transform` is one of its numbers.
Block fft(const Block& block, std::uint8_t transform, std::int64_t axis, std::int64_t n, double scale);
}  // namespace tessera::array_operations
