/// @file
/// Bytes of any length and alignment through one aligned room, in transfers of whole blocks.
#pragma once
#include "actors/spill/descriptor.hpp"

#include <cstddef>
#include <span>

namespace tessera::actors::spill {
/// Writes to `file` from the offset `at` on, a multiple of the block. `room` is aligned and of whole blocks; its first `used` bytes
/// are there already. 0 or an error number.
class BlockWriter {
 public:
  BlockWriter(const Descriptor& file, std::span<std::byte> room, off_t at, std::size_t used)
      : file_(file), room_(room), at_(at), used_(used) {}
  int add(std::span<const std::byte> bytes);
  /// Fills the last block with zeros.
  int finish();

 private:
  int flush();

  const Descriptor& file_;
  std::span<std::byte> room_;
  off_t at_;
  std::size_t used_;
};

/// Reads `file` from its beginning to `end`, a multiple of the block. 0 or an error number, ENODATA beyond the end.
class BlockReader {
 public:
  BlockReader(const Descriptor& file, std::span<std::byte> room, off_t end) : file_(file), room_(room), end_(end) {}
  int take(std::span<std::byte> to);
  /// What was read from the disk already.
  std::span<const std::byte> left() const { return left_; }

 private:
  const Descriptor& file_;
  std::span<std::byte> room_, left_;
  off_t at_ = 0, end_;
};
}  // namespace tessera::actors::spill
