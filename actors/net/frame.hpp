/// @file
/// The fixed header of every frame: 96 bytes, little-endian, checked as a whole (`docs/protocol.md`).
#pragma once
#include "runtime/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tessera::actors::net {
inline constexpr std::uint32_t frame_magic = 0x41535354;  // "TSSA"
inline constexpr std::uint16_t link_version = 4;
inline constexpr std::size_t header_bytes = 96;
inline constexpr std::size_t control_payload_max = 64 << 10;
inline constexpr std::size_t piece_bytes = 1 << 20;

enum class FrameKind : std::uint8_t { hello, welcome, reject, data, ack, heartbeat, bye, want_piece, piece, no_piece, not_yet };
inline constexpr std::uint8_t frame_kind_count = 11;

struct Header {
  std::uint16_t version = link_version;
  FrameKind kind = FrameKind::heartbeat;
  bool more = false;                 ///< Further fragments of the same message follow.
  std::uint64_t cluster_high = 0, cluster_low = 0;
  std::uint64_t sender = 0;          ///< Incarnation.
  std::uint64_t receiver = 0;        ///< Incarnation; 0 in a first hello.
  std::uint64_t session = 0;
  std::uint64_t seq = 0;             ///< Of a data frame; from 1. Of a piece: the pull.
  std::uint64_t ack = 0;             ///< All data frames up to this one have arrived. Of a piece: the offset.
  std::uint32_t payload_bytes = 0;
  std::uint64_t payload_hash = 0;    ///< XXH3-64; of a piece 0: it is checked by TCP and by CURVE alone.
};

using HeaderBytes = std::array<std::byte, header_bytes>;
HeaderBytes encode_header(const Header& header);

/// Why a frame is not one of ours; counted by reason.
enum class FrameError : std::uint8_t { none, wrong_size, wrong_magic, wrong_checksum, wrong_version, wrong_kind, wrong_payload };
std::string_view to_string(FrameError error);

/// Reads a header and checks it against the payload. A header of another version is `wrong_version`, with `out.version` set.
FrameError decode_header(std::span<const std::byte> bytes, std::span<const std::byte> payload, Header& out);

std::uint64_t hash_bytes(std::span<const std::byte> bytes);
}  // namespace tessera::actors::net
