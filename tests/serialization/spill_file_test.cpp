#include "serialization/spill_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace tessera::serialization;
using tessera::runtime::ErrorCode;

namespace {
const std::string payload = "the payload of one chunk";
std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

SpillHeader sample() {
  return {{{0x0123456789ABCDEF, 0xFEDCBA9876543210}, {7}}, "std::vector<double>", SpillCodec::none, payload.size(), payload.size(),
          spill_digest(bytes_of(payload))};
}
SpillBlock encoded(const SpillHeader& header) {
  SpillBlock block;
  encode_spill_header(header, block);
  return block;
}
/// A block with other bytes at `at` whose own digest is right.
template <class T>
SpillBlock with(std::size_t at, T value) {
  SpillBlock block = encoded(sample());
  std::memcpy(block.data() + at, &value, sizeof value);
  const SpillDigest digest = spill_digest(std::span(block).first(spill_block_bytes - sizeof digest));
  std::memcpy(block.data() + spill_block_bytes - sizeof digest, &digest, sizeof digest);
  return block;
}
bool is_refused(std::span<const std::byte> bytes) {
  const auto header = decode_spill_header(bytes);
  return !header && header.failure().code == ErrorCode::bad_input && !header.failure().message.empty();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(serialization_spill_file)

BOOST_AUTO_TEST_CASE(a_header_comes_back_as_it_was) {
  const SpillBlock block = encoded(sample());
  const auto back = decode_spill_header(block);
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == sample()));
  BOOST_TEST((encoded(*back) == block));

  SpillHeader packed = sample();
  packed.codec = SpillCodec::lz4;
  packed.payload_bytes = 3 * spill_frame_bytes + 1;
  for (const std::uint64_t stored : {spill_framed_bytes_min(packed.payload_bytes), spill_framed_bytes_max(packed.payload_bytes)}) {
    packed.stored_bytes = stored;
    const auto again = decode_spill_header(encoded(packed));
    BOOST_TEST_REQUIRE(bool(again));
    BOOST_TEST(again->stored_bytes == stored);
  }
  const std::string longest(spill_type_bytes_max, 'x');
  SpillHeader named = sample();
  named.type = longest;
  const SpillBlock with_longest = encoded(named);
  BOOST_TEST((decode_spill_header(with_longest)->type == longest));
  named.type = {};
  const SpillBlock without = encoded(named);
  BOOST_TEST(decode_spill_header(without)->type.empty());
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_golden_file) {
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/tests/serialization/golden/spill_header.bin";
  const SpillBlock block = encoded(sample());
  if (std::getenv("TESSERA_WRITE_GOLDEN") != nullptr)
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(block.data()), spill_block_bytes);
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  BOOST_REQUIRE(golden.size() == block.size());
  BOOST_TEST((std::memcmp(golden.data(), block.data(), block.size()) == 0), "the file changed; is that meant? Then a new version");
}

BOOST_AUTO_TEST_CASE(N3_every_prefix_and_every_flipped_bit_is_refused) {
  std::vector<std::byte> bytes(spill_block_bytes + 1);
  const SpillBlock good = encoded(sample());
  std::copy(good.begin(), good.end(), bytes.begin());
  std::size_t taken = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    if (size != spill_block_bytes) taken += !is_refused(std::span(bytes).first(size));
  for (std::size_t bit = 0; bit < spill_block_bytes * 8; ++bit) {
    SpillBlock bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    taken += !is_refused(bad);
  }
  BOOST_TEST(taken == 0u);
}

BOOST_AUTO_TEST_CASE(N3_fields_out_of_range_are_refused_even_if_the_digest_is_right) {
  BOOST_TEST(!is_refused(with(40, std::uint32_t{8})));
  BOOST_TEST(is_refused(with(0, spill_magic + 1)));
  BOOST_TEST(is_refused(with(4, std::uint16_t{spill_version + 1})));
  BOOST_TEST(is_refused(with(6, spill_codec_count)));
  BOOST_TEST(is_refused(with(16, std::uint64_t{payload.size() + 1})));
  BOOST_TEST(is_refused(with(7, std::uint8_t{1})));
  BOOST_TEST(is_refused(with(8, std::uint64_t{payload.size() + 1})));
  BOOST_TEST(is_refused(with(16, ~std::uint64_t{0})));
  BOOST_TEST(is_refused(with(44, std::uint32_t{spill_type_bytes_max + 1})));
  BOOST_TEST(is_refused(with(44, ~std::uint32_t{0})));
  BOOST_TEST(is_refused(with(44, std::uint32_t{1})));  // The rest of the type would mean nothing.
  BOOST_TEST(is_refused(with(64 + spill_type_bytes_max, std::uint8_t{1})));
  SpillHeader large = sample();
  large.payload_bytes = large.stored_bytes = spill_payload_bytes_max;
  BOOST_TEST(!is_refused(encoded(large)));
  large.codec = SpillCodec::lz4, large.stored_bytes = spill_framed_bytes_max(large.payload_bytes) + 1;
  BOOST_TEST(is_refused(encoded(large)));
  large.stored_bytes = spill_framed_bytes_min(large.payload_bytes) - 1;
  BOOST_TEST(is_refused(encoded(large)));
}

BOOST_AUTO_TEST_CASE(a_digest_does_not_depend_on_how_the_bytes_come) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, text.size()}) {
    SpillHash hash;
    for (std::size_t at = 0; at < text.size(); at += step) hash.add(bytes_of(text).subspan(at, std::min(step, text.size() - at)));
    BOOST_TEST((hash.digest() == spill_digest(bytes_of(text))));
  }
  BOOST_TEST((SpillHash().digest() == spill_digest({})));
}

BOOST_AUTO_TEST_SUITE_END()
