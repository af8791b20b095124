/// @file
/// What stands before the values of a `.npy` file (versions 1.0 to 3.0): a magic number, and a Python dict of dtype, order and shape.
#pragma once
#include "arrays/block.hpp"
#include "arrays/promotion.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tessera::io::npy {
/// No header of an array that is read here is longer; NumPy has the same bound.
inline constexpr std::size_t header_bytes_max = 10'000;
/// As many bytes as are enough for every header with what is before it.
inline constexpr std::size_t beginning_bytes_max = header_bytes_max + 12;

struct Header {
  arrays::Dtype dtype = arrays::Dtype::float64;
  arrays::Shape shape;
  bool fortran_order = false;    ///< The first dimension is the fastest.
  bool big_endian = false;       ///< Of elements that have more than one byte.
  std::uint64_t values_at = 0;   ///< Bytes before the first value.
  std::uint64_t values_bytes = 0;
};

/// The bytes of a number, of which a complex element has two: the unit of byte order.
constexpr std::size_t number_bytes(arrays::Dtype dtype) { return arrays::size_bytes(dtype) / (arrays::is_complex(dtype) ? 2 : 1); }

/// Reads the header from the beginning of a file, of which `beginning_bytes_max` bytes are enough. `bad_input` for what is no
/// header, and for dtypes that a `Block` cannot have; `where` is what the sentence calls the array.
runtime::Result<Header> parse_header(std::span<const std::byte> beginning, const std::string& where);

/// What NumPy writes before the values of an array in C order, byte for byte (as of NumPy 1.24).
std::string header_of(arrays::Dtype dtype, arrays::ShapeView shape);
}  // namespace tessera::io::npy
