#include "actors/net/frame.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace tessera::actors::net {
namespace {
// Offsets of the fields; 88..92 is reserved and 0, the last four bytes check the 92 before them.
constexpr std::size_t checked_bytes = 92;

template <class T>
void put(HeaderBytes& bytes, std::size_t at, T value) { std::memcpy(bytes.data() + at, &value, sizeof value); }
template <class T>
T get(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
}  // namespace

std::uint64_t hash_bytes(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

HeaderBytes encode_header(const Header& header) {
  HeaderBytes bytes{};
  put(bytes, 0, frame_magic);
  put(bytes, 4, header.version);
  put(bytes, 6, static_cast<std::uint8_t>(header.kind));
  put(bytes, 7, static_cast<std::uint8_t>(header.more));
  put(bytes, 8, header.cluster_high);
  put(bytes, 16, header.cluster_low);
  put(bytes, 24, header.sender);
  put(bytes, 32, header.receiver);
  put(bytes, 40, header.session);
  put(bytes, 48, header.seq);
  put(bytes, 56, header.ack);
  put(bytes, 64, header.payload_bytes);
  put(bytes, 72, header.payload_hash);
  put(bytes, checked_bytes, static_cast<std::uint32_t>(hash_bytes(std::span(bytes).first(checked_bytes))));
  return bytes;
}

FrameError decode_header(std::span<const std::byte> bytes, std::span<const std::byte> payload, Header& out) {
  if (bytes.size() != header_bytes) return FrameError::wrong_size;
  if (get<std::uint32_t>(bytes, 0) != frame_magic) return FrameError::wrong_magic;
  out.version = get<std::uint16_t>(bytes, 4);
  if (get<std::uint32_t>(bytes, checked_bytes) != static_cast<std::uint32_t>(hash_bytes(bytes.first(checked_bytes))))
    return FrameError::wrong_checksum;
  if (get<std::uint8_t>(bytes, 6) >= frame_kind_count || get<std::uint8_t>(bytes, 7) > 1) return FrameError::wrong_kind;
  out.kind = static_cast<FrameKind>(get<std::uint8_t>(bytes, 6));
  out.more = get<std::uint8_t>(bytes, 7) == 1;
  out.cluster_high = get<std::uint64_t>(bytes, 8);
  out.cluster_low = get<std::uint64_t>(bytes, 16);
  out.sender = get<std::uint64_t>(bytes, 24);
  out.receiver = get<std::uint64_t>(bytes, 32);
  out.session = get<std::uint64_t>(bytes, 40);
  out.seq = get<std::uint64_t>(bytes, 48);
  out.ack = get<std::uint64_t>(bytes, 56);
  out.payload_bytes = get<std::uint32_t>(bytes, 64);
  out.payload_hash = get<std::uint64_t>(bytes, 72);
  if (out.payload_bytes != payload.size()) return FrameError::wrong_payload;
  if (out.kind != FrameKind::piece && out.payload_hash != hash_bytes(payload)) return FrameError::wrong_payload;
  return out.version == link_version ? FrameError::none : FrameError::wrong_version;
}

std::string_view to_string(FrameError error) {
  constexpr std::string_view names[] = {"none", "wrong_size", "wrong_magic", "wrong_checksum", "wrong_version", "wrong_kind",
                                        "wrong_payload"};
  return names[static_cast<std::size_t>(error)];
}
}  // namespace tessera::actors::net
