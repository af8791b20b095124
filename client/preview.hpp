/// @file
/// How arrays and blocks look in a stream: an array's metadata, a block's first and last elements. Nothing is computed.
#pragma once
#include "client/array.hpp"

#include <iosfwd>

namespace tessera {
/// `Array float64 (8000, 8000), chunks (8 of at most 1000, 8 of at most 1000): 64 of at most 7.6 MiB`.
std::ostream& operator<<(std::ostream& out, const Array& array);

namespace arrays {
/// As NumPy's `str` of an array: all elements up to 1000, beyond that the first and last three of each dimension.
std::ostream& operator<<(std::ostream& out, const Block& block);
}  // namespace arrays
}  // namespace tessera
