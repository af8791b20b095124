#include "serialization/block_codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::serialization;
using tessera::arrays::Block;
using tessera::runtime::SharedBytes;

BOOST_AUTO_TEST_SUITE(arrays_block_codec)

BOOST_AUTO_TEST_CASE(a_block_becomes_bytes_and_comes_back_without_a_copy) {
  const Block block = Block::of<double>({2, 2}, {1, 2, 3, 4});
  const SharedBytes bytes = encode_value(block);
  BOOST_TEST(bytes.bytes.data() == block.encoded().bytes.data());
  const auto back = decode_value<Block>(bytes);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->raw().data() == block.raw().data());
}

BOOST_AUTO_TEST_CASE(blocks_are_elements_of_other_values) {
  const std::vector<Block> blocks{Block::of<float>({2}, {1, 2}), Block::of<std::int64_t>({1, 1}, {9}), Block()};
  const auto back = decode_value<std::vector<Block>>(encode_value(blocks));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == blocks));
  BOOST_TEST(type_name<std::vector<Block>>() == "vector<block>");
}

BOOST_AUTO_TEST_CASE(broken_bytes_are_a_failure_in_both_places) {
  std::vector<std::byte> bytes(64);
  BOOST_TEST(!decode_value<Block>(SharedBytes::of(bytes)));
  Writer writer;
  writer.size(1);
  writer.size(bytes.size());
  writer.raw(bytes.data(), bytes.size());
  const auto many = decode_value<std::vector<Block>>(SharedBytes::of(std::move(writer.bytes())));
  BOOST_REQUIRE(!many);
  BOOST_TEST(many.failure().message.find("TBLK") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
