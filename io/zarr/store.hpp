/// @file
/// Zarr stores of version 2, as xarray writes and reads them: one folder, one file a chunk.
///
/// A store is written beside its name, in `path` + ".part", and `finish` gives it its name: whoever looks at `path` sees
/// no store, the old one, or the new one whole.
/// @code
/// create(path, {field, time}, {{"title", "means"}}, Existing::refuse);  // once
/// write(path, time, times);                                             // a small array, whole
/// write_chunk(path, field, Shape{0, 1}, block);                         // by whatever task, in any order
/// finish(path);                                                         // once, behind all; or abandon(path)
/// @endcode
#pragma once
#include "io/variable.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::io::zarr {
/// One array of a store. Travels as a parameter of tasks.
struct Array {
  std::string name;
  arrays::Dtype dtype = arrays::Dtype::float32;
  arrays::Shape shape, chunks;          ///< As many lengths; those of a chunk are at least 1.
  std::vector<std::string> dimensions;  ///< As many names.
  std::optional<double> fill;           ///< What stands where nothing is; xarray takes such values for missing.
  Attributes attributes;
  bool compressed = true;  ///< Blosc: lz4, level 5, bytes shuffled.
  char separator = '.';    ///< Between the numbers in a chunk's name; '/' is read, not written.

  /// Chunks along each dimension.
  arrays::Shape grid() const;
  /// The first element and the lengths of a chunk, cut at the edge of the array.
  arrays::Shape chunk_start(arrays::ShapeView index) const;
  arrays::Shape chunk_shape(arrays::ShapeView index) const;

  template <class A>
  void save(A& archive) const {
    archive(name, static_cast<std::uint8_t>(dtype), shape, chunks, dimensions, fill, attributes, compressed, separator);
  }
  template <class A>
  void load(A& archive) {
    std::uint8_t number = 0;
    archive(name, number, shape, chunks, dimensions, fill, attributes, compressed, separator);
    // A number that is none becomes the last one; no block of what was meant fits it then.
    dtype = static_cast<arrays::Dtype>(std::min<std::uint8_t>(number, arrays::real_dtype_count - 1));
  }
  friend bool operator==(const Array& a, const Array& b);
};

/// The array that holds `variable` in such chunks: NaN is what floats have where nothing is, others have no such value.
Array array_of(const Variable& variable, arrays::Shape chunks);
/// The array that holds a coordinate, in one chunk.
Array array_of(const Coordinate& coordinate);

/// What to do about a store that is there.
enum class Existing { refuse, overwrite };

/// Begins a store: makes `path`.part with everything that describes it. A store that is to be overwritten stays until
/// `finish`; what is no Zarr store is never overwritten. `invalid_argument` for arrays that no store can have;
/// `io_failed` if something is in the way, or if the folder cannot be written.
runtime::Result<void> create(const std::string& path, const std::vector<Array>& arrays, const Attributes& attributes,
                             Existing existing);
/// Writes one chunk, whole or not at all. `block` has the array's dtype and the chunk's shape, cut at the edge, else
/// `invalid_argument`. Thread-safe; a chunk that is written again is replaced. `io_failed`, also if no store was begun.
runtime::Result<void> write_chunk(const std::string& path, const Array& array, arrays::ShapeView index,
                                  const arrays::Block& block);
/// Writes all chunks of an array.
runtime::Result<void> write(const std::string& path, const Array& array, const arrays::Block& block);
/// Gives the store its name. `io_failed` names a chunk that was not written; the store stays unfinished then.
runtime::Result<void> finish(const std::string& path);
/// Removes what was begun and not finished, if there is something.
void abandon(const std::string& path);

struct Store {
  std::vector<Array> arrays;  ///< By name.
  Attributes attributes;
  std::vector<std::string> warnings;  ///< Arrays that were left out, and why.
};

/// Reads what describes a store, from its consolidated metadata where there is some. Arrays of numbers in C order, not
/// compressed or with Blosc, without filters; others are left out with a warning. `bad_input` if it is missing or none.
runtime::Result<Store> open(const std::string& path);
/// The values of a chunk as they are stored (io/cf.hpp decodes), cut at the edge; a chunk without a file is the fill
/// value, 0 where there is none. Thread-safe. `bad_input` if the chunk is broken.
runtime::Result<arrays::Block> read_chunk(const std::string& path, const Array& array, arrays::ShapeView index);
/// The values of a box, which must lie in the array.
runtime::Result<arrays::Block> read(const std::string& path, const Array& array, arrays::ShapeView start,
                                    arrays::ShapeView count);
}  // namespace tessera::io::zarr
