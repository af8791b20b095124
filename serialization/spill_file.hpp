/// @file
/// The file of one chunk on disk: a header of one block, then the stored bytes, then zeros up to a whole block.
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tessera::serialization {
inline constexpr std::uint32_t spill_magic = 0x4C505354;  // "TSPL"
inline constexpr std::uint16_t spill_version = 1;
inline constexpr std::size_t spill_block_bytes = 4096;    ///< The header's size, and the unit of a file's: what O_DIRECT takes.
inline constexpr std::size_t spill_frame_bytes = 1 << 20; ///< The payload of each compressed frame but the last.
inline constexpr std::size_t spill_type_bytes_max = 3072;
inline constexpr std::uint64_t spill_payload_bytes_max = std::uint64_t{1} << 40;

enum class SpillCodec : std::uint8_t {
  none,  ///< The stored bytes are the payload.
  lz4,   ///< Frames: 4 bytes of length (bit 31: not compressed), then an LZ4 block.
};
inline constexpr std::uint8_t spill_codec_count = 2;

/// XXH3-128.
struct SpillDigest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr bool operator==(const SpillDigest&, const SpillDigest&) = default;
};

/// The digest of bytes that come in parts; one that has `add`ed a part is not copied.
class SpillHash {
 public:
  SpillHash();
  SpillHash(const SpillHash&) = delete;
  void add(std::span<const std::byte> bytes);
  SpillDigest digest() const;

 private:
  alignas(64) std::array<std::byte, 576> state_;  ///< xxHash's, whose header stays in the source.
};
SpillDigest spill_digest(std::span<const std::byte> bytes);

struct SpillHeader {
  runtime::ChunkId chunk;
  std::string_view type;            ///< Of the value; at most `spill_type_bytes_max`. Points into what was decoded.
  SpillCodec codec = SpillCodec::none;
  std::uint64_t payload_bytes = 0;
  std::uint64_t stored_bytes = 0;
  SpillDigest digest;               ///< Of the stored bytes.
  friend bool operator==(const SpillHeader&, const SpillHeader&) = default;
};

/// Most and least bytes that `payload_bytes` take when stored in frames.
std::uint64_t spill_framed_bytes_max(std::uint64_t payload_bytes);
std::uint64_t spill_framed_bytes_min(std::uint64_t payload_bytes);
/// The size of the file: the header, and the stored bytes in whole blocks.
constexpr std::uint64_t spill_file_bytes(std::uint64_t stored_bytes) {
  return spill_block_bytes + (stored_bytes + spill_block_bytes - 1) / spill_block_bytes * spill_block_bytes;
}

using SpillBlock = std::array<std::byte, spill_block_bytes>;
/// Writes the header into `to`. A type or payload beyond the bounds is a defect.
void encode_spill_header(const SpillHeader& header, std::span<std::byte, spill_block_bytes> to);
/// Reads a header; `bad_input` says what is wrong with it. Each header has one form.
runtime::Result<SpillHeader> decode_spill_header(std::span<const std::byte> bytes);
/// The digest that ends an encoded header: no two files have the same one, unless they hold the same.
SpillDigest spill_header_digest(std::span<const std::byte, spill_block_bytes> header);
}  // namespace tessera::serialization
