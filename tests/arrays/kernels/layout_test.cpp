#include "arrays/kernels/layout.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace tessera::arrays;
namespace kernels = tessera::arrays::kernels;

namespace {
Block counting(Shape shape, std::int32_t first = 0) {
  return Block::make<std::int32_t>(shape, [&](std::span<std::int32_t> data) { std::iota(data.begin(), data.end(), first); });
}
std::vector<std::int32_t> list(const Block& block) {
  const auto data = block.data<std::int32_t>();
  return {data.begin(), data.end()};
}
using Ints = std::vector<std::int32_t>;
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_layout)

BOOST_AUTO_TEST_CASE(concatenate_joins_along_any_axis) {
  const std::vector<Block> blocks{counting({2, 1}), counting({2, 2}, 10)};
  const auto joined = kernels::concatenate(blocks, 1);
  BOOST_REQUIRE(joined);
  BOOST_TEST(to_string(joined->shape()) == "(2, 3)");
  BOOST_TEST(list(*joined) == (Ints{0, 10, 11, 1, 12, 13}), boost::test_tools::per_element());
  BOOST_TEST(!kernels::concatenate(blocks, 0));
  BOOST_TEST(!kernels::concatenate(blocks, 2));
  BOOST_TEST(!kernels::concatenate({}, 0));
}

BOOST_AUTO_TEST_CASE(stack_makes_a_new_axis) {
  const std::vector<Block> blocks{counting({2}), counting({2}, 10), counting({2}, 20)};
  BOOST_TEST(list(*kernels::stack(blocks, 0)) == (Ints{0, 1, 10, 11, 20, 21}), boost::test_tools::per_element());
  const auto last = kernels::stack(blocks, 1);
  BOOST_TEST(to_string(last->shape()) == "(2, 3)");
  BOOST_TEST(list(*last) == (Ints{0, 10, 20, 1, 11, 21}), boost::test_tools::per_element());
  BOOST_TEST(!kernels::stack(blocks, 2));
}

BOOST_AUTO_TEST_CASE(joining_other_dtypes_names_both) {
  const std::vector<Block> blocks{counting({1}), Block::of<float>({1}, {1})};
  const auto joined = kernels::stack(blocks, 0);
  BOOST_REQUIRE(!joined);
  BOOST_TEST(joined.failure().message == "blocks of int32 and float32 do not join");
}

BOOST_AUTO_TEST_CASE(slice_takes_a_box) {
  const Block block = counting({3, 4, 2});
  BOOST_TEST(list(*kernels::slice(block, Shape{1, 1, 0}, Shape{2, 2, 1})) == (Ints{10, 12, 18, 20}),
             boost::test_tools::per_element());
  BOOST_TEST((*kernels::slice(block, Shape{0, 0, 0}, Shape{3, 4, 2}) == block));
  BOOST_TEST(kernels::slice(block, Shape{3, 0, 0}, Shape{0, 4, 2})->size() == 0);
  BOOST_TEST(!kernels::slice(block, Shape{2, 0, 0}, Shape{2, 4, 2}));
  BOOST_TEST(!kernels::slice(block, Shape{-1, 0, 0}, Shape{2, 4, 2}));
  BOOST_TEST(!kernels::slice(block, Shape{0, 0}, Shape{2, 4}));
}

BOOST_AUTO_TEST_CASE(take_repeats_and_reorders) {
  const auto taken = kernels::take(counting({2, 3}), 1, Ints{2, 0, 2, 1});
  BOOST_REQUIRE(taken);
  BOOST_TEST(list(*taken) == (Ints{2, 0, 2, 1, 5, 3, 5, 4}), boost::test_tools::per_element());
  BOOST_TEST(!kernels::take(counting({2, 3}), 1, Ints{3}));
}

BOOST_AUTO_TEST_CASE(reshape_keeps_the_order) {
  BOOST_TEST((*kernels::reshape(counting({2, 3}), Shape{3, 1, 2}) == counting({3, 1, 2})));
  BOOST_TEST(!kernels::reshape(counting({2, 3}), Shape{4}));
}

BOOST_AUTO_TEST_CASE(subtract_broadcasts_as_numpy_does) {
  const Block a = Block::of<float>({2, 1, 2}, {1, 2, 3, 4});
  const Block b = Block::of<float>({3, 1}, {10, 20, 30});
  const auto difference = kernels::subtract(a, b);
  BOOST_REQUIRE(difference);
  BOOST_TEST((*difference == Block::of<float>({2, 3, 2}, {-9, -8, -19, -18, -29, -28, -7, -6, -17, -16, -27, -26})));
  const auto scalar = kernels::subtract(Block::of<double>({}, {1}), Block::of<double>({2}, {3, 4}));
  BOOST_TEST((*scalar == Block::of<double>({2}, {-2, -3})));
  BOOST_TEST(!kernels::subtract(a, Block::of<float>({3}, {1, 2, 3})));
  BOOST_TEST(!kernels::subtract(a, Block::of<double>({1}, {1})));
}

BOOST_AUTO_TEST_SUITE_END()
