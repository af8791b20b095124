// Order statistics of a block against sorted elements.
#include "arrays/kernels/quantile.hpp"

#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tessera::arrays;
using namespace tessera::arrays::kernels;

namespace {
const std::vector<std::size_t> first_axis{0};
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Block must(tessera::runtime::Result<Block> result) {
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.failure().message));
  return *result;
}
template <class T>
Block random(ShapeView shape, std::int64_t values, std::uint64_t seed) {
  tessera::runtime::Rng rng(seed);
  return Block::make<T>(shape, [&](std::span<T> to) {
    for (T& one : to) one = static_cast<T>(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(values))) - values / 2);
  });
}
/// The elements that `lower` picks along the first of two dimensions.
template <class T>
std::vector<T> sorted_picks(const Block& block, const std::vector<double>& shares) {
  const auto rows = static_cast<std::size_t>(block.shape()[0]), columns = static_cast<std::size_t>(block.shape()[1]);
  std::vector<T> picks(shares.size() * columns);
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<T> column;
    for (std::size_t r = 0; r < rows; ++r) column.push_back(block.data<T>()[r * columns + c]);
    std::ranges::sort(column);
    for (std::size_t s = 0; s < shares.size(); ++s) picks[s * columns + c] = column[static_cast<std::size_t>(std::floor(shares[s] * static_cast<double>(rows - 1)))];
  }
  return picks;
}
template <class T>
void compare_with_sorting(std::int64_t values) {
  std::vector<double> shares{0, 0.1, 0.5, 0.9, 1};
  for (int i = 0; i < 150; ++i) shares.push_back(i / 150.0);
  for (const Shape& shape : {Shape{3, 5}, Shape{127, 3}, Shape{128, 17}, Shape{5000, 18}}) {
    const Block block = random<T>(shape, values, static_cast<std::uint64_t>(shape[0]));
    const Block got = must(quantiles({&block, 1}, first_axis, shares, Between::lower, false));
    BOOST_TEST(std::ranges::equal(got.data<T>(), sorted_picks<T>(block, shares)), to_string(dtype_of<T>()) << " " << to_string(shape) << " of " << values);
  }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_quantile)

BOOST_AUTO_TEST_CASE(elements_at_ranks_are_those_of_the_sorted_column) {
  for (const std::int64_t values : {1, 2, 200, 100'000'000}) {
    compare_with_sorting<double>(values);
    compare_with_sorting<float>(values);
    compare_with_sorting<std::int64_t>(values);
    compare_with_sorting<std::uint64_t>(values);
    compare_with_sorting<std::int32_t>(values);
    compare_with_sorting<std::int16_t>(values);
    compare_with_sorting<std::uint8_t>(values);
  }
}

BOOST_AUTO_TEST_CASE(pieces_in_any_order_are_as_good_as_the_whole) {
  for (const std::vector<std::size_t>& axes : {std::vector<std::size_t>{0}, {1}, {0, 1}, {0, 2}, {2}, {1, 2}, {0, 1, 2}}) {
    const std::size_t axis = axes[0];
    std::vector<Block> pieces;
    Shape whole{4, 3, 5};
    whole[axis] = 0;
    for (const std::int64_t length : {7, 1, 0, 40}) {
      Shape shape = whole;
      shape[axis] = length;
      pieces.push_back(random<float>(shape, 1000, static_cast<std::uint64_t>(length)));
    }
    const std::vector<double> shares{0.25, 0.5};
    const Block one = must(quantiles(pieces, axes, shares, Between::linear, false));
    std::ranges::reverse(pieces);
    BOOST_TEST((one == must(quantiles(pieces, axes, shares, Between::linear, false))));
  }
}

BOOST_AUTO_TEST_CASE(nan_makes_nan_or_is_left_out) {
  const Block block = Block::of<double>({4, 3}, {1, missing, missing, 2, -missing, 5, 3, missing, 7, 4, missing, 9});
  const double half[] = {0.5};
  const auto data = must(quantiles({&block, 1}, first_axis, half, Between::mean, false));
  BOOST_TEST(data.data<double>()[0] == 2.5);
  BOOST_TEST((std::isnan(data.data<double>()[1]) && std::isnan(data.data<double>()[2])));
  const auto without = must(quantiles({&block, 1}, first_axis, half, Between::mean, true));
  BOOST_TEST(std::isnan(without.data<double>()[1]));
  BOOST_TEST(without.data<double>()[2] == 7);
}

BOOST_AUTO_TEST_CASE(what_comes_from_elsewhere_is_checked) {
  const Block block = random<double>(Shape{4, 3}, 9, 1), other = random<double>(Shape{4, 2}, 9, 1), empty = random<double>(Shape{0, 3}, 9, 1), truth = Block::make<bool>({1}, [](std::span<bool> to) { to[0] = true; });
  const auto refused = [](std::vector<Block> blocks, std::vector<std::size_t> axes, std::vector<double> shares, Between between = Between::linear) {
    return !quantiles(blocks, axes, shares, between, false);
  };
  BOOST_TEST(refused({}, {0}, {0.5}));
  BOOST_TEST(refused({block, other}, {0}, {0.5}));
  BOOST_TEST(refused({empty}, {0}, {0.5}));
  BOOST_TEST(refused({truth}, {0}, {0.5}));
  BOOST_TEST(refused({block}, {2}, {0.5}));
  BOOST_TEST(refused({block}, {1, 0}, {0.5}));
  BOOST_TEST(refused({block}, {0}, {1.5}));
  BOOST_TEST(refused({block}, {0}, {missing}));
  BOOST_TEST(refused({block}, {0}, {0.5}, static_cast<Between>(6)));
  BOOST_TEST(!refused({block}, {}, {0.5}));
  BOOST_TEST(!refused({block, empty}, {0}, {}));
}
BOOST_AUTO_TEST_SUITE_END()
