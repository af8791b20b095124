#include "actors/net/frame.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tessera::actors::net;

namespace {
std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}
Header sample(std::span<const std::byte> payload) {
  Header header;
  header.kind = FrameKind::data;
  header.more = true;
  header.cluster_high = 1, header.cluster_low = 2, header.sender = 3, header.receiver = 4, header.session = 5;
  header.seq = 6, header.ack = 7;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_hash = hash_bytes(payload);
  return header;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_net_frame)

BOOST_AUTO_TEST_CASE(a_header_comes_back_as_it_was) {
  const auto payload = bytes_of("hello");
  Header read;
  BOOST_REQUIRE(decode_header(encode_header(sample(payload)), payload, read) == FrameError::none);
  BOOST_TEST((read.kind == FrameKind::data && read.more));
  BOOST_TEST(read.cluster_high == 1u);
  BOOST_TEST(read.cluster_low == 2u);
  BOOST_TEST(read.sender == 3u);
  BOOST_TEST(read.receiver == 4u);
  BOOST_TEST(read.session == 5u);
  BOOST_TEST(read.seq == 6u);
  BOOST_TEST(read.ack == 7u);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_noticed) {
  const auto payload = bytes_of("hello");
  const HeaderBytes good = encode_header(sample(payload));
  for (std::size_t bit = 0; bit < header_bytes * 8; ++bit) {
    HeaderBytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    Header read;
    BOOST_TEST((decode_header(bad, payload, read) != FrameError::none), "bit " << bit);
  }
  auto other = payload;
  other[0] ^= std::byte{1};
  Header read;
  BOOST_TEST((decode_header(good, other, read) == FrameError::wrong_payload));
}

BOOST_AUTO_TEST_CASE(another_version_is_told_from_garbage) {
  Header header = sample({});
  header.payload_bytes = 0, header.payload_hash = hash_bytes({});
  header.version = link_version + 1;
  Header read;
  BOOST_TEST((decode_header(encode_header(header), {}, read) == FrameError::wrong_version));
  BOOST_TEST(read.version == link_version + 1);
  std::vector<std::byte> garbage(header_bytes);
  BOOST_TEST((decode_header(garbage, {}, read) == FrameError::wrong_magic));
  BOOST_TEST((decode_header(std::span(garbage).first(95), {}, read) == FrameError::wrong_size));
}

BOOST_AUTO_TEST_SUITE_END()
