/// @file
/// Whether chunks are compressed before they are written, from what was measured. Pure: the store has the clock.
#pragma once
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace tessera::actors::spill {
enum class SpillCompression : std::uint8_t {
  none,
  lz4,        ///< Every chunk; a part that does not become smaller is stored as it is.
  automatic,  ///< LZ4 where that takes less time (`Packing`).
};
/// "none", "lz4" or "auto"; else `invalid_argument` with these words.
runtime::Result<SpillCompression> compression_of(std::string_view wanted);

/// Bytes and time of what is done again and again; older ones count less and less.
struct Speed {
  std::uint64_t bytes = 0, ns = 0;
  void add(std::uint64_t more_bytes, std::uint64_t more_ns);
  /// Bytes a second; 0 before the first.
  std::uint64_t per_second() const;
};

/// What came of compressing some parts of a chunk.
struct Sample {
  std::uint64_t bytes = 0, packed_bytes = 0, ns = 0;
};

/// Decides for one chunk after the other: LZ4 where compressing it and writing what is left takes at most three quarters of the time of
/// writing all, as lanes have use for the processor, too. Loads only gain more, as unpacking is several times as quick.
class Packing {
 public:
  /// `disk_bytes_per_second` is what is known of the disk; 0: nothing, and no chunk is compressed before one was written.
  explicit Packing(std::uint64_t disk_bytes_per_second = 0) { if (disk_bytes_per_second > 0) disk_.add(disk_bytes_per_second, 1'000'000'000); }
  /// Whether a sample of the next chunk may say that it pays. One in sixteen is taken whatever was seen, as what is written changes.
  bool wants_sample();
  bool pays(const Sample& sample);
  /// To the disk: what arrived there, and the time without compression.
  void wrote(std::uint64_t bytes, std::uint64_t ns) { disk_.add(bytes, ns); }

 private:
  Speed disk_, packing_;
  unsigned passed_ = 0;  ///< Chunks since the last sample.
};
}  // namespace tessera::actors::spill
