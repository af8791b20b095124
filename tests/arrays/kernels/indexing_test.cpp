// Kernels of index arrays and masks: the direct way and the way over what was picked give the same, and what does not fit is refused.
#include "arrays/kernels/indexing.hpp"

#include <boost/test/unit_test.hpp>

#include <complex>

namespace {
using namespace tessera::arrays;
using namespace tessera::arrays::kernels;
using Longs = std::vector<std::int64_t>;

Block longs(const Longs& values) { return Block::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values); }
template <class T>
std::vector<T> elements(const Block& block) { return {block.data<T>().begin(), block.data<T>().end()}; }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_indexing)

BOOST_AUTO_TEST_CASE(what_is_picked_chunk_by_chunk_is_what_is_taken_at_once) {
  const auto check = []<class T>(T) {
    const Block a = Block::of<T>({2, 2}, {T(0), T(1), T(5), T(6)}), b = Block::of<T>({2, 3}, {T(2), T(3), T(4), T(7), T(8), T(9)});  // Along axis 1: 2 and 3 of 5.
    const Block indices = longs({4, 0, -4, 2, 4});
    const auto targets = targets_of(indices, {{2, 3}}).value();
    const Longs numbers{0, 1};
    const Block blocks[] = {a, b};
    const Block direct = take(blocks, numbers, targets, 1, 1, Source::whole).value();
    BOOST_TEST((elements<T>(direct) == std::vector<T>{T(4), T(0), T(1), T(2), T(4), T(9), T(5), T(6), T(7), T(9)}));
    const Block parts[] = {pick(a, indices, {{2, 3}}, 0, 1).value(), pick(b, indices, {{2, 3}}, 1, 1).value()};
    BOOST_TEST((std::ranges::equal(parts[0].shape(), Shape{2, 2})));
    BOOST_TEST((take(parts, numbers, targets, 1, 1, Source::picked).value() == direct));
  };
  check(std::int8_t{}), check(std::int16_t{}), check(float{}), check(double{}), check(std::complex<double>{});
}

BOOST_AUTO_TEST_CASE(lines_are_taken_along_an_axis_both_ways) {
  const Block a = Block::of<float>({2, 2}, {0, 1, 5, 6}), b = Block::of<float>({2, 3}, {2, 3, 4, 7, 8, 9});
  const Block indices = Block::of<std::int64_t>({2, 3}, {4, 0, 2, 1, 1, -1});
  const auto targets = targets_of(indices, {{2, 3}}).value();
  const Longs numbers{0, 1};
  const Block blocks[] = {a, b};
  const Block direct = take_along(blocks, numbers, targets, 1, Shape{2, 3}, Source::whole).value();
  BOOST_TEST((elements<float>(direct) == std::vector<float>{4, 0, 2, 6, 6, 9}));
  const Block parts[] = {pick_along(a, indices, {2, 3}, 0, 1).value(), pick_along(b, indices, {2, 3}, 1, 1).value()};
  BOOST_TEST((elements<float>(parts[0]) == std::vector<float>{0, 6, 6}));
  BOOST_TEST((take_along(parts, numbers, targets, 1, Shape{2, 3}, Source::picked).value() == direct));
}

BOOST_AUTO_TEST_CASE(indices_of_several_dimensions_find_their_chunk) {
  const auto targets = targets_of(Block::of<std::int64_t>({2, 2}, {0, 3, 4, -5}), {{1, 3}, {2, 3}}).value();  // (0, 4) and (3, 0).
  BOOST_TEST(targets[0].chunk == 1);
  BOOST_TEST(targets[0].row == 2);
  BOOST_TEST(targets[1].chunk == 2);
  BOOST_TEST(targets[1].row == 4);
}

BOOST_AUTO_TEST_CASE(masks_and_places) {
  const Block x = Block::of<double>({2, 3}, {1, 0, 3, 4, 5, -0.0});
  BOOST_TEST((elements<double>(compress(x, Block::of<bool>({3}, {true, false, true}), 1).value()) == std::vector<double>{1, 3, 4, -0.0}));
  BOOST_TEST((elements<std::int64_t>(flat_nonzero(x, 10)) == Longs{10, 12, 13, 14}));
  BOOST_TEST((elements<std::int64_t>(unravelled(longs({0, 5}), Shape{2, 3}).value()) == Longs{0, 0, 1, 2}));
  BOOST_TEST((elements<std::int64_t>(last_written(longs({3, 1, -1, 3}), 1, 3, 5).value()) == Longs{1, -1, 3}));
  const Block grid[] = {Block::of<double>({1, 2}, {1, 2}), Block::of<double>({1, 1}, {3}), Block::of<double>({1, 2}, {4, 5}), Block::of<double>({1, 1}, {6})};
  BOOST_TEST((elements<double>(joined(grid, Shape{2, 2}).value()) == std::vector<double>{1, 2, 3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Block x = Block::of<double>({2}, {1, 2});
  const Longs numbers{0}, others{7};
  const auto targets = targets_of(longs({1}), {{2}}).value(), beyond = targets_of(longs({2}), {{3}}).value();
  BOOST_TEST(targets_of(longs({2}), {{2}}).failure().message == "index 2 is out of range for a dimension of length 2");
  BOOST_TEST(!targets_of(x, {{2}}));
  BOOST_TEST(!take({&x, 1}, others, targets, 0, 1, Source::whole));
  BOOST_TEST(!take({&x, 1}, numbers, beyond, 0, 1, Source::whole));
  BOOST_TEST(!take({&x, 1}, numbers, targets, 1, 1, Source::whole));
  BOOST_TEST(!take({}, {}, targets, 0, 1, Source::whole));
  BOOST_TEST(!pick(x, longs({2}), {{3}}, 0, 0));
  BOOST_TEST(!pick(x, longs({1}), {{2}}, 1, 0));
  BOOST_TEST(!pick_along(x, longs({2}), {3}, 0, 0));
  BOOST_TEST(!pick_along(x, x, {2}, 0, 0));
  BOOST_TEST(!take_along({&x, 1}, numbers, beyond, 0, Shape{1}, Source::whole));
  BOOST_TEST(!take_along({&x, 1}, numbers, targets, 0, Shape{2}, Source::whole));
  BOOST_TEST(!compress(x, Block::of<bool>({1}, {true}), 0));
  BOOST_TEST(!joined({&x, 1}, Shape{2}));
}

BOOST_AUTO_TEST_SUITE_END()
