#include "arrays/block.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace tessera::arrays;
using tessera::runtime::ErrorCode;
using tessera::runtime::SharedBytes;

namespace {
Block counting(std::initializer_list<std::int64_t> shape) {
  return Block::make<float>(shape, [](std::span<float> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(i);
  });
}
std::vector<std::byte> bytes_of(const Block& block) {
  const auto bytes = block.encoded().bytes;
  return {bytes.begin(), bytes.end()};
}
/// What `decode` says of a block's bytes after `change`.
std::string refusal(const Block& block, auto&& change) {
  std::vector<std::byte> bytes = bytes_of(block);
  change(bytes);
  const auto decoded = Block::decode(SharedBytes::of(std::move(bytes)));
  BOOST_REQUIRE(!decoded);
  BOOST_TEST((decoded.failure().code == ErrorCode::bad_message));
  return decoded.failure().message;
}
auto put(std::size_t at, auto value) {
  return [=](std::vector<std::byte>& bytes) { std::memcpy(bytes.data() + at, &value, sizeof value); };
}
bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_block)

BOOST_AUTO_TEST_CASE(a_block_has_the_shape_type_and_elements_it_was_made_with) {
  const Block block = counting({2, 3, 4});
  BOOST_TEST((block.dtype() == Dtype::float32));
  BOOST_TEST(to_string(block.shape()) == "(2, 3, 4)");
  BOOST_TEST(block.size() == 24);
  BOOST_TEST(block.data<float>()[23] == 23.0F);
}

BOOST_AUTO_TEST_CASE(data_is_aligned_to_64_bytes_whatever_the_rank) {
  for (std::size_t rank = 0; rank <= rank_max; ++rank) {
    const Block block = Block::make<double>(Shape(rank, 1), [](auto data) { data[0] = 7; });
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block.raw().data()) % 64 == 0u);
    BOOST_TEST(block.rank() == rank);
    BOOST_TEST(block.data<double>()[0] == 7.0);
  }
}

BOOST_AUTO_TEST_CASE(every_dtype_has_a_name_a_size_and_a_type) {
  for (std::uint8_t i = 0; i < dtype_count; ++i) {
    const auto dtype = static_cast<Dtype>(i);
    BOOST_TEST((dtype_named(to_string(dtype)) == dtype));
    const auto [size, same] = with_type(dtype, [&]<class T>() { return std::pair(sizeof(T), dtype_of<T>() == dtype); });
    BOOST_TEST(size == size_bytes(dtype));
    BOOST_TEST(same);
  }
  BOOST_TEST(!dtype_named("float16"));
}

BOOST_AUTO_TEST_CASE(encoding_copies_nothing_and_comes_back_sharing_the_bytes) {
  const Block block = counting({5, 7});
  BOOST_TEST(block.encoded().bytes.data() < block.raw().data());
  BOOST_TEST(block.encoded().bytes.data() + block.encoded().bytes.size() == block.raw().data() + block.raw().size());
  const auto decoded = Block::decode(block.encoded());
  BOOST_REQUIRE(decoded);
  BOOST_TEST(decoded->raw().data() == block.raw().data());
  BOOST_TEST((*decoded == block));
}

BOOST_AUTO_TEST_CASE(bytes_at_an_odd_address_are_copied) {
  const Block block = counting({3});
  std::vector<std::byte> bytes = bytes_of(block);
  bytes.insert(bytes.begin(), std::byte{0});
  const SharedBytes all = SharedBytes::of(std::move(bytes));
  const auto decoded = Block::decode({all.owner, all.bytes.subspan(1)});
  BOOST_REQUIRE(decoded);
  BOOST_TEST((*decoded == block));
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(decoded->raw().data()) % 64 == 0u);
}

BOOST_AUTO_TEST_CASE(empty_and_scalar_blocks_travel) {
  for (const Block& block : {Block(), counting({}), counting({0}), counting({4, 0, 2})}) {
    const auto decoded = Block::decode(block.encoded());
    BOOST_REQUIRE(decoded);
    BOOST_TEST((*decoded == block));
  }
}

BOOST_AUTO_TEST_CASE(hostile_bytes_are_refused_with_the_reason) {
  const Block block = counting({2, 3});
  BOOST_TEST(contains(refusal(block, put(0, 'X')), "TBLK"));
  BOOST_TEST(contains(refusal(block, put(4, std::uint8_t{9})), "version 9"));
  BOOST_TEST(contains(refusal(block, put(5, dtype_count)), "dtype 15"));
  BOOST_TEST(contains(refusal(block, put(6, std::uint8_t{33})), "33 dimensions"));
  BOOST_TEST(contains(refusal(block, put(8, std::uint64_t{23})), "takes 24 bytes"));
  BOOST_TEST(contains(refusal(block, put(16, std::int64_t{-2})), "no array has the shape (-2, 3)"));
  BOOST_TEST(contains(refusal(block, put(16, std::numeric_limits<std::int64_t>::max())), "no array has the shape"));
  BOOST_TEST(contains(refusal(block, put(16, std::int64_t{1} << 61)), "no array has the shape"));
  BOOST_TEST(contains(refusal(block, put(16, std::int64_t{4})), "takes 48 bytes, but there are 24"));
  BOOST_TEST(contains(refusal(block, [](auto& bytes) { bytes.push_back({}); }), "there are 25"));
}

BOOST_AUTO_TEST_CASE(a_cut_anywhere_is_refused) {
  const Block block = counting({2, 3});
  for (std::size_t size = 0; size < block.encoded().bytes.size(); ++size)
    refusal(block, [=](auto& bytes) { bytes.resize(size); });
}

BOOST_AUTO_TEST_CASE(a_bool_that_is_neither_is_refused) {
  const Block block = Block::make<bool>({2}, [](auto data) { data[0] = true, data[1] = false; });
  BOOST_TEST(contains(refusal(block, [](auto& bytes) { bytes.back() = std::byte{2}; }), "neither 0 nor 1"));
}

BOOST_AUTO_TEST_CASE(equality_is_of_bits) {
  const float nan = std::nanf("");
  BOOST_TEST((Block::of<float>({1}, {nan}) == Block::of<float>({1}, {nan})));
  BOOST_TEST(!(Block::of<float>({2}, {1, 2}) == Block::of<float>({1, 2}, {1, 2})));
  BOOST_TEST(!(Block::of<float>({1}, {0.0F}) == Block::of<float>({1}, {-0.0F})));
}

BOOST_AUTO_TEST_CASE(counts_overflow_to_nothing) {
  BOOST_TEST((element_count(Shape{3, 4}) == 12));
  BOOST_TEST((element_count(Shape{}) == 1));
  BOOST_TEST((element_count(Shape{std::int64_t{1} << 40, 0, std::int64_t{1} << 40}) == 0));
  BOOST_TEST(!element_count(Shape{std::int64_t{1} << 32, std::int64_t{1} << 32}));
  BOOST_TEST(!element_count(Shape{0, -1}));
}

BOOST_AUTO_TEST_SUITE_END()
