/// @file
/// netCDF files as hyper-cubes, one file or a set that continues along time; each chunk is read from the files that
/// hold it.
#pragma once
#include "io/variable.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::io::netcdf {
/// A box of a variable of one file, and where it goes in the block that is read. Travels as a parameter of tasks.
struct Slab {
  std::string path, variable;
  arrays::Shape start, count;  ///< In the file.
  arrays::Shape to;            ///< Of its first element, in the block.

  template <class A>
  void serialize(A& archive) { archive(path, variable, start, count, to); }
  friend bool operator==(const Slab&, const Slab&) = default;
};

/// What one file holds of a cube: `length` values of the joined dimension, from `first` on.
struct Part {
  std::string path;
  std::int64_t first = 0, length = 0;
};

/// One variable of numbers. Packed values are decoded by xarray's rules (io/cf.hpp); times stay numbers with the
/// attributes "units" and "calendar" (io/time.hpp). A dimension without values of its own counts from 0 and has no
/// attributes.
struct Cube {
  Variable variable;
  std::optional<std::size_t> joined;  ///< The dimension along which the files follow each other; empty for one file.
  std::vector<Part> parts;            ///< In its order.

  /// The slabs of a box, which must lie in the cube; together they fill a block of shape `count`.
  std::vector<Slab> box(arrays::ShapeView start, arrays::ShapeView count) const;
};

struct Dataset {
  std::vector<Cube> cubes;            ///< In the order of the first file. No coordinates, bounds or scalars.
  Attributes attributes;              ///< Of the first file.
  std::vector<std::string> warnings;  ///< What was left out, and why.
};

/// Opens the files as one: reads what describes them and the coordinates, no more. Several files are joined along the
/// time that they share (else along their record dimension), in the order of its values, whatever their names; times
/// count from the zero of the first file named. Values along the other dimensions must be the same in all. A variable
/// that is not the same in all files is left out with a warning; one without the joined dimension is the first file's.
/// `bad_input` if a file is missing, is not netCDF, is cut off or holds no variable, or if the files are no such set:
/// times overlap or do not increase, calendars or grids differ, no dimension is shared.
runtime::Result<Dataset> open(const std::vector<std::string>& paths);

/// Reads and decodes slabs of one variable into a block of that shape, which they must fill. Thread-safe; the netCDF
/// library takes one thread at a time. `bad_input` if a file is not what it was when it was opened.
runtime::Result<arrays::Block> read(const std::vector<Slab>& slabs, arrays::ShapeView shape);
}  // namespace tessera::io::netcdf
