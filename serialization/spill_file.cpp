#include "serialization/spill_file.hpp"

#include "runtime/base/assert.hpp"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace tessera::serialization {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
static_assert(std::endian::native == std::endian::little, "the file is little-endian, and so are the machines");

// Offsets of the fields; 7 is reserved and 0, as is what follows the type. The last 16 bytes check all before them.
constexpr std::size_t type_at = 64, digest_at = spill_block_bytes - sizeof(SpillDigest);
static_assert(type_at + spill_type_bytes_max <= digest_at);

template <class T>
void put(std::span<std::byte> bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
template <class T>
T get(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
SpillDigest digest_of(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

static_assert(sizeof(XXH3_state_t) <= 576 && alignof(XXH3_state_t) <= 64);
XXH3_state_t* state_of(std::byte* bytes) { return std::launder(reinterpret_cast<XXH3_state_t*>(bytes)); }
const XXH3_state_t* state_of(const std::byte* bytes) { return std::launder(reinterpret_cast<const XXH3_state_t*>(bytes)); }

Failure refused(std::string why) { return {ErrorCode::bad_input, std::move(why)}; }

std::uint64_t frames_of(std::uint64_t payload_bytes) { return (payload_bytes + spill_frame_bytes - 1) / spill_frame_bytes; }
}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the reset fills it.
SpillHash::SpillHash() { XXH3_128bits_reset(new (state_.data()) XXH3_state_t); }
void SpillHash::add(std::span<const std::byte> bytes) { XXH3_128bits_update(state_of(state_.data()), bytes.data(), bytes.size()); }
SpillDigest SpillHash::digest() const { return digest_of(XXH3_128bits_digest(state_of(state_.data()))); }
SpillDigest spill_digest(std::span<const std::byte> bytes) { return digest_of(XXH3_128bits(bytes.data(), bytes.size())); }

std::uint64_t spill_framed_bytes_max(std::uint64_t payload_bytes) { return payload_bytes + 4 * frames_of(payload_bytes); }
std::uint64_t spill_framed_bytes_min(std::uint64_t payload_bytes) { return 5 * frames_of(payload_bytes); }

void encode_spill_header(const SpillHeader& header, std::span<std::byte, spill_block_bytes> to) {
  TESSERA_ASSERT(header.type.size() <= spill_type_bytes_max && header.payload_bytes <= spill_payload_bytes_max,
                 "a chunk that no spill file holds");
  std::fill(to.begin(), to.end(), std::byte{0});
  put(to, 0, spill_magic);
  put(to, 4, spill_version);
  put(to, 6, static_cast<std::uint8_t>(header.codec));
  put(to, 8, header.payload_bytes);
  put(to, 16, header.stored_bytes);
  put(to, 24, header.chunk.key.high);
  put(to, 32, header.chunk.key.low);
  put(to, 40, header.chunk.job.value);
  put(to, 44, static_cast<std::uint32_t>(header.type.size()));
  put(to, 48, header.digest);
  if (!header.type.empty()) std::memcpy(to.data() + type_at, header.type.data(), header.type.size());
  put(to, digest_at, spill_digest(to.first(digest_at)));
}

runtime::Result<SpillHeader> decode_spill_header(std::span<const std::byte> bytes) {
  if (bytes.size() != spill_block_bytes)
    return refused(fmt::format("its header has {} bytes instead of {}", bytes.size(), spill_block_bytes));
  if (get<std::uint32_t>(bytes, 0) != spill_magic) return refused("it does not begin with TSPL");
  if (get<std::uint16_t>(bytes, 4) != spill_version)
    return refused(fmt::format("it is of version {} instead of {}", get<std::uint16_t>(bytes, 4), spill_version));
  if (get<SpillDigest>(bytes, digest_at) != spill_digest(bytes.first(digest_at))) return refused("its header was changed");

  const auto codec = get<std::uint8_t>(bytes, 6);
  const auto type_bytes = get<std::uint32_t>(bytes, 44);
  if (codec >= spill_codec_count) return refused(fmt::format("its codec is {}, which there is not", codec));
  if (type_bytes > spill_type_bytes_max) return refused(fmt::format("its type has {} bytes", type_bytes));
  const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
  const auto unused = bytes.subspan(type_at + type_bytes, digest_at - type_at - type_bytes);
  if (!zero(bytes[7]) || !std::all_of(unused.begin(), unused.end(), zero))
    return refused("its header has bytes that mean nothing");

  SpillHeader header;
  header.codec = static_cast<SpillCodec>(codec);
  header.payload_bytes = get<std::uint64_t>(bytes, 8);
  header.stored_bytes = get<std::uint64_t>(bytes, 16);
  header.chunk = {{get<std::uint64_t>(bytes, 24), get<std::uint64_t>(bytes, 32)}, {get<std::uint32_t>(bytes, 40)}};
  header.digest = get<SpillDigest>(bytes, 48);
  header.type = {reinterpret_cast<const char*>(bytes.data()) + type_at, type_bytes};
  const bool fits = header.payload_bytes <= spill_payload_bytes_max &&
                    (header.codec == SpillCodec::none ? header.stored_bytes == header.payload_bytes
                                                      : header.stored_bytes >= spill_framed_bytes_min(header.payload_bytes) &&
                                                            header.stored_bytes <= spill_framed_bytes_max(header.payload_bytes));
  if (!fits)
    return refused(fmt::format("its {} stored bytes cannot be {} of payload", header.stored_bytes, header.payload_bytes));
  return header;
}

SpillDigest spill_header_digest(std::span<const std::byte, spill_block_bytes> header) { return get<SpillDigest>(header, digest_at); }
}  // namespace tessera::serialization
