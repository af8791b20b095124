// Any bytes as a frame of the link (N3): header and payload. Then the same with a checksum that is right, which chance would not find.
#include "actors/net/frame.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <cstring>

namespace {
using namespace tessera;
using namespace tessera::actors::net;

void check(std::span<const std::byte> head, std::span<const std::byte> payload) {
  Header header;
  if (decode_header(head, payload, header) != FrameError::none) return;
  const HeaderBytes again = encode_header(header);
  fuzz::require(std::equal(again.begin(), again.end(), head.begin(), head.end()), "a header that was read has one form");
}

Header header_from(std::span<const std::byte> bytes) {
  std::array<std::byte, 64> raw{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), raw.size()), raw.begin());
  const auto number = [&](std::size_t i) {
    std::uint64_t value;
    std::memcpy(&value, raw.data() + 8 * i, 8);
    return value;
  };
  Header header;
  header.version = static_cast<std::uint16_t>(number(0) % 3);
  header.kind = static_cast<FrameKind>(number(0) >> 16 & 0xff);
  header.more = (number(0) >> 24 & 1) != 0;
  header.cluster_high = number(1), header.cluster_low = number(2), header.sender = number(3), header.receiver = number(4);
  header.session = number(5), header.seq = number(6), header.ack = number(7);
  return header;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = fuzz::bytes(data, size);
  const std::size_t head = std::min(size, header_bytes);
  check(all.first(head), all.subspan(head));

  Header header = header_from(all);
  const auto payload = all.subspan(std::min<std::size_t>(size, 64));
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_hash = hash_bytes(payload);
  check(encode_header(header), payload);
  return 0;
}
