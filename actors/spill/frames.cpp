#include "actors/spill/frames.hpp"

#include <lz4.h>

#include <algorithm>
#include <cstring>

namespace tessera::actors::spill {
namespace {
constexpr std::uint32_t plain_bit = 1u << 31;
constexpr std::size_t sample_bytes = 64 << 10, samples = 3;

const char* chars(const std::byte* bytes) { return reinterpret_cast<const char*>(bytes); }
char* chars(std::byte* bytes) { return reinterpret_cast<char*>(bytes); }

/// The compressed size, or 0 where it does not fit `to`.
std::size_t compress(std::span<const std::byte> from, std::span<std::byte> to) {
  return static_cast<std::size_t>(LZ4_compress_default(chars(from.data()), chars(to.data()), static_cast<int>(from.size()),
                                                       static_cast<int>(to.size())));
}
}  // namespace

FrameHead read_frame_head(std::span<const std::byte, frame_head_bytes> bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return {value & ~plain_bit, (value & plain_bit) != 0};
}

std::size_t pack_frame(std::span<const std::byte> payload, std::span<std::byte> to) {
  const std::span<std::byte> body = to.subspan(frame_head_bytes, payload.size());
  std::uint32_t head = static_cast<std::uint32_t>(compress(payload, body.first(payload.size() - 1)));
  if (head == 0) {
    std::memcpy(body.data(), payload.data(), payload.size());
    head = static_cast<std::uint32_t>(payload.size()) | plain_bit;
  }
  std::memcpy(to.data(), &head, sizeof head);
  return frame_head_bytes + (head & ~plain_bit);
}

bool unpack_frame(FrameHead head, std::span<const std::byte> bytes, std::span<std::byte> payload) {
  if (!head.plain)
    return LZ4_decompress_safe(chars(bytes.data()), chars(payload.data()), static_cast<int>(bytes.size()),
                               static_cast<int>(payload.size())) == static_cast<int>(payload.size());
  if (bytes.size() != payload.size()) return false;
  std::memcpy(payload.data(), bytes.data(), bytes.size());
  return true;
}

Sample sample_of(std::span<const std::byte> payload, std::span<std::byte> room) {
  const std::size_t size = std::min(payload.size(), sample_bytes), apart = (payload.size() - size) / (samples - 1);
  Sample sample;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t packed = compress(payload.subspan(i * apart, size), room.first(size));
    sample.bytes += size;
    sample.packed_bytes += packed == 0 ? size : packed;
    if (apart == 0) break;
  }
  return sample;
}
}  // namespace tessera::actors::spill
