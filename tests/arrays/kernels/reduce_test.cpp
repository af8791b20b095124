#include "arrays/kernels/reduce.hpp"

#include "arrays/kernels/layout.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace tessera::arrays;
namespace kernels = tessera::arrays::kernels;

namespace {
constexpr float missing = std::numeric_limits<float>::quiet_NaN();
/// Values around 250 with holes, the same for the same seed.
Block noise(Shape shape, std::uint64_t seed) {
  return Block::make<float>(shape, [&](std::span<float> data) {
    std::uint64_t state = seed;
    for (float& one : data) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      one = state >> 60 == 0 ? missing : 250.0F + static_cast<float>(state >> 40) / 65536.0F;
    }
  });
}
double at(const Block& block, std::int64_t i) {
  return block.dtype() == Dtype::float32 ? static_cast<double>(block.data<float>()[static_cast<std::size_t>(i)])
                                         : block.data<double>()[static_cast<std::size_t>(i)];
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_reduce)

BOOST_AUTO_TEST_CASE(sums_leave_missing_values_out) {
  const Block block = Block::of<float>({3, 2}, {1, missing, 2, missing, 4, missing});
  BOOST_TEST((*kernels::sums(block, 0) == Block::of<double>({2, 2}, {7, 0, 3, 0})));
  BOOST_TEST((*kernels::sums(block, 1) == Block::of<double>({2, 3}, {1, 2, 4, 1, 1, 1})));
  const auto mean = kernels::mean_of_sums(*kernels::sums(block, 0), Dtype::float32);
  BOOST_TEST(mean->data<float>()[0] == 7.0F / 3.0F);
  BOOST_TEST(std::isnan(mean->data<float>()[1]));
}

BOOST_AUTO_TEST_CASE(groups_are_summed_apart) {
  const Block block = Block::of<double>({4, 1}, {1, 10, 100, 1000});
  const std::vector<std::int32_t> months{1, 0, 1, 2};
  BOOST_TEST((*kernels::grouped_sums(block, 0, months, 4) == Block::of<double>({2, 4, 1}, {10, 101, 1000, 0, 1, 2, 1, 0})));
  BOOST_TEST(!kernels::grouped_sums(block, 0, months, 2));
  BOOST_TEST(!kernels::grouped_sums(block, 1, months, 4));
}

BOOST_AUTO_TEST_CASE(means_and_deviations_agree_with_long_double_along_every_axis) {
  const Block block = noise({37, 5, 300}, 3);
  const std::vector<std::int64_t> strides{1500, 300, 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto mean = kernels::mean_of_sums(*kernels::sums(block, axis), Dtype::float64);
    const auto deviation = kernels::deviation_of_moments(*kernels::moments(block, axis), 0, Dtype::float64);
    const std::int64_t stride = strides[axis], length = block.shape()[axis];
    for (std::int64_t i = 0; i < mean->size(); ++i) {
      const std::int64_t first = i / stride * stride * length + i % stride;
      long double sum = 0, squares = 0, count = 0;
      const auto each = [&](auto&& use) {
        for (std::int64_t k = 0; k < length; ++k)
          if (const double value = at(block, first + k * stride); !std::isnan(value)) use(value);
      };
      each([&](double value) { sum += value, count += 1; });
      each([&](double value) { squares += (value - sum / count) * (value - sum / count); });
      BOOST_TEST(at(*mean, i) == static_cast<double>(sum / count), boost::test_tools::tolerance(1e-14));
      BOOST_TEST(at(*deviation, i) == static_cast<double>(std::sqrt(squares / count)), boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(partials_combine_to_the_whole) {
  const Block block = noise({40, 7}, 5);
  std::vector<Block> sums, moments;
  for (const auto& [start, count] : std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 1}, {1, 20}, {21, 19}}) {
    const auto part = kernels::slice(block, Shape{start, 0}, Shape{count, 7});
    sums.push_back(*kernels::sums(*part, 0));
    moments.push_back(*kernels::moments(*part, 0));
  }
  const auto mean = kernels::mean_of_sums(*kernels::combine_sums(sums), Dtype::float64);
  const auto whole = kernels::mean_of_sums(*kernels::sums(block, 0), Dtype::float64);
  const auto spread = kernels::deviation_of_moments(*kernels::combine_moments(moments), 1, Dtype::float64);
  const auto whole_spread = kernels::deviation_of_moments(*kernels::moments(block, 0), 1, Dtype::float64);
  for (std::int64_t i = 0; i < 7; ++i) {
    BOOST_TEST(at(*mean, i) == at(*whole, i), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(at(*spread, i) == at(*whole_spread, i), boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(empty_partials_do_not_disturb) {
  const auto some = kernels::moments(Block::of<double>({3, 1}, {1, 2, 6}), 0);
  const auto none = kernels::moments(Block::of<double>({2, 1}, {missing, missing}), 0);
  for (const std::vector<Block>& partials : {std::vector<Block>{*some, *none}, std::vector<Block>{*none, *some}})
    BOOST_TEST(at(*kernels::deviation_of_moments(*kernels::combine_moments(partials), 0, Dtype::float64), 0) ==
               std::sqrt(14.0 / 3.0), boost::test_tools::tolerance(1e-15));
  const std::vector<Block> nothing{*none, *none};
  BOOST_TEST(std::isnan(at(*kernels::deviation_of_moments(*kernels::combine_moments(nothing), 0, Dtype::float32), 0)));
}

BOOST_AUTO_TEST_CASE(a_large_offset_does_not_ruin_the_deviation) {
  const Block block = Block::of<double>({3, 1}, {1e9 + 1, 1e9 + 2, 1e9 + 3});
  BOOST_TEST(at(*kernels::deviation_of_moments(*kernels::moments(block, 0), 1, Dtype::float64), 0) == 1.0);
}

BOOST_AUTO_TEST_CASE(a_column_gives_the_same_bits_alone_and_among_others) {
  const Block block = noise({100, 600}, 11);
  const auto all = kernels::sums(block, 0);
  for (const std::int64_t column : {0, 255, 256, 599}) {
    const auto alone = kernels::sums(*kernels::slice(block, Shape{0, column}, Shape{100, 1}), 0);
    BOOST_TEST(at(*alone, 0) == at(*all, column));
  }
}

BOOST_AUTO_TEST_CASE(wrong_types_and_shapes_are_named) {
  BOOST_TEST(kernels::sums(Block::of<std::int32_t>({1}, {1}), 0).failure().message ==
             "a reduction takes float32 or float64, not int32");
  BOOST_TEST(!kernels::sums(Block::of<float>({1}, {1}), 1));
  BOOST_TEST(!kernels::combine_sums({}));
  const std::vector<Block> unequal{Block::of<double>({2, 1}, {1, 1}), Block::of<double>({2, 2}, {1, 1, 1, 1})};
  BOOST_TEST(kernels::combine_sums(unequal).failure().message == "partials of the shapes (2, 1) and (2, 2) do not combine");
  BOOST_TEST(!kernels::combine_moments(unequal));
}

BOOST_AUTO_TEST_SUITE_END()
