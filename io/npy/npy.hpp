/// @file
/// NumPy's files: one array (`.npy`), or several with names in a zip archive (`.npz`, of `np.savez` and `np.savez_compressed`).
///
/// All dtypes of `Block` are read, little- and big-endian, in C and Fortran order, and become blocks in C order; what is written is
/// little-endian and in C order. Nothing is unpickled. Files appear whole or not at all.
/// @code
/// write("x.npy", block);
/// write_archive("both.npz", {{"x", x}, {"y", y}}, Compression::deflate);   // np.load("both.npz")["x"]
/// @endcode
#pragma once
#include "arrays/block.hpp"
#include "io/npy/header.hpp"
#include "runtime/base/units.hpp"

#include <map>
#include <span>
#include <string>

namespace tessera::io::npy {
/// The array of a file. `bad_input` if it is missing, broken, of a dtype that blocks do not have, or holds more than the array.
runtime::Result<arrays::Block> read(const std::string& path);
/// What it is, without its values.
runtime::Result<Header> describe(const std::string& path);
/// `count` elements from `start` on: reads those only. Thread-safe. `invalid_argument` if they do not lie in the array.
runtime::Result<arrays::Block> read(const std::string& path, arrays::ShapeView start, arrays::ShapeView count);
/// The whole array of bytes, which `where` names in sentences.
runtime::Result<arrays::Block> decode(std::span<const std::byte> bytes, const std::string& where);
/// The bytes are those of `np.save`. `io_failed`.
runtime::Result<void> write(const std::string& path, const arrays::Block& block);

using Arrays = std::map<std::string, arrays::Block>;
enum class Compression { none, deflate };

/// What an archive may hold, in bytes of its arrays, if it is more than `expansion_max` times the file: a few bytes of zip can
/// claim any size.
inline constexpr runtime::Bytes archive_bytes_max = runtime::gib(1);
inline constexpr std::uint64_t expansion_max = 100;

/// All arrays of an archive by their names. `bad_input` as above; also for members that are no arrays, and for archives that
/// expand to more than both bounds.
runtime::Result<Arrays> read_archive(const std::string& path, runtime::Bytes bytes_max = archive_bytes_max);
runtime::Result<Arrays> decode_archive(std::span<const std::byte> bytes, const std::string& where,
                                       runtime::Bytes bytes_max = archive_bytes_max);
/// Same arrays, same bytes: no time is in them. `invalid_argument` for no arrays or a name that zip cannot have; `io_failed`.
runtime::Result<void> write_archive(const std::string& path, const Arrays& arrays, Compression compression);
}  // namespace tessera::io::npy
