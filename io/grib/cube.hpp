/// @file
/// GRIB files as hyper-cubes, by the rules of cfgrib; each chunk is read from its own messages.
#pragma once
#include "io/variable.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::io::grib {
/// Where one field lies; a length of 0 says that the cube has none there. Travels as a parameter of tasks.
struct Field {
  std::string path;
  std::uint64_t offset = 0, length = 0;
  std::uint32_t part = 0;  ///< Of a GRIB 2 message with several fields.

  template <class A>
  void serialize(A& archive) { archive(path, offset, length, part); }
  friend bool operator==(const Field&, const Field&) = default;
};

/// One variable over (number, time, step, level, latitude, longitude); a dimension of one value is left out, unless it is
/// `time`. Values are float32, NaN where they are missing. Times are int64 seconds since 1970-01-01.
struct Cube {
  Variable variable;
  std::vector<Field> fields;  ///< C order over the dimensions before latitude and longitude.

  /// The fields of a box of those leading dimensions, in C order.
  std::vector<Field> box(arrays::ShapeView start, arrays::ShapeView count) const;
};

struct Dataset {
  std::vector<Cube> cubes;            ///< In order of first appearance.
  std::vector<std::string> warnings;  ///< What was left out, and why.
};

/// Indexes the files as one. Only grids regular_ll and regular_gg; other variables are left out with a warning.
/// `bad_input` if a file is missing, is not GRIB or holds nothing that can be read.
runtime::Result<Dataset> open(const std::vector<std::string>& paths);

/// Reads and decodes fields, all of `rows` x `columns` values: float32 of shape (fields, rows, columns). Thread-safe.
runtime::Result<arrays::Block> read(const std::vector<Field>& fields, std::int64_t rows, std::int64_t columns);
}  // namespace tessera::io::grib
