#include "arrays/linalg/product.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <unistd.h>

#include <complex>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>

using namespace tessera::arrays;
using linalg::Product;
using linalg::Side;
using Complex = std::complex<double>;

namespace {
template <class T>
Block counting(Shape shape, int first = 0) {
  return Block::make<T>(shape, [&](std::span<T> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<T>(first + static_cast<int>(i));
  });
}
Block product(const Product& how, const Block& a, const Block& b, Shape shape, std::optional<Block> onto = {}, bool is_subtracted = false) {
  auto result = linalg::sum_of_products(how, onto, {&a, 1}, {&b, 1}, a.dtype(), shape, is_subtracted);
  BOOST_REQUIRE_MESSAGE(bool(result), (result ? std::string() : result.failure().message));
  return *result;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_linalg_product)

BOOST_AUTO_TEST_CASE(a_factor_may_lie_turned) {
  const Block a = counting<double>({2, 3}), b = counting<double>({3, 2}, 1), want = Block::of<double>({2, 2}, {13, 16, 40, 52});
  BOOST_TEST((product({}, a, b, {2, 2}) == want));
  const Block a_turned = Block::of<double>({3, 2}, {0, 3, 1, 4, 2, 5}), b_turned = Block::of<double>({2, 3}, {1, 3, 5, 2, 4, 6});
  BOOST_TEST((product({0, 1, 1, 1, Side::transposed, Side::plain}, a_turned, b, {2, 2}) == want));
  BOOST_TEST((product({0, 1, 1, 1, Side::plain, Side::transposed}, a, b_turned, {2, 2}) == want));
  BOOST_TEST((product({0, 1, 1, 1, Side::transposed, Side::transposed}, a_turned, b_turned, {2, 2}) == want));
  const Block z = Block::of<Complex>({1, 2}, {{1, 2}, {3, -1}});
  BOOST_TEST((product({0, 1, 1, 1, Side::plain, Side::adjoint}, z, z, {1, 1}) == Block::of<Complex>({1, 1}, {{15, 0}})));
}

BOOST_AUTO_TEST_CASE(products_are_added_or_subtracted_in_their_order) {
  const Block a = counting<double>({1, 2}, 1), b = counting<double>({2, 1}, 3), onto = Block::of<double>({1, 1}, {100});
  BOOST_TEST((product({}, a, b, {1, 1}, onto) == Block::of<double>({1, 1}, {111})));
  BOOST_TEST((product({}, a, b, {1, 1}, onto, true) == Block::of<double>({1, 1}, {89})));
  // 1e16 + 1 - 1e16 is 0 in this order, and 1 in the other.
  const std::vector<Block> left{Block::of<double>({1, 1}, {1e16}), Block::of<double>({1, 1}, {1}), Block::of<double>({1, 1}, {-1e16})};
  const std::vector<Block> right(3, Block::of<double>({1, 1}, {1}));
  BOOST_TEST((*linalg::sum_of_products({}, {}, left, right, Dtype::float64, Shape{1, 1}) == Block::of<double>({1, 1}, {0})));
}

BOOST_AUTO_TEST_CASE(integers_wrap_and_bool_tells_whether_a_pair_is_true) {
  const Block a = Block::of<std::int8_t>({1, 2}, {100, 100});
  BOOST_TEST((product({}, a, Block::of<std::int8_t>({2, 1}, {1, 1}), {1, 1}) == Block::of<std::int8_t>({1, 1}, {-56})));
  const Block many = Block::make<bool>({1, 512}, [](std::span<bool> data) { std::fill(data.begin(), data.end(), true); });
  const Block column = Block::make<bool>({512, 1}, [](std::span<bool> data) { std::fill(data.begin(), data.end(), true); });
  BOOST_TEST((product({}, many, column, {1, 1}) == Block::of<bool>({1, 1}, {true})));
  // Longer than a part of the second cache: parts add up.
  const Block row = counting<std::int64_t>({1, 200}), ones = Block::make<std::int64_t>({200, 1100}, [](std::span<std::int64_t> data) { std::fill(data.begin(), data.end(), 1); });
  const auto sums = product({}, row, ones, {1, 1100});
  BOOST_TEST(std::ranges::count(sums.data<std::int64_t>(), 19900) == 1100);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_both_shapes) {
  const Block a = counting<double>({2, 3});
  const auto refused = linalg::sum_of_products({}, {}, {&a, 1}, {&a, 1}, Dtype::float64, Shape{2, 3});
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.failure().message == "blocks of float64 of the shapes (2, 3) and (2, 3) do not make a product of float64 of the shape (2, 3)");
  const Block time = Block::of<Datetime>({1, 1}, {{0}});
  BOOST_TEST(!linalg::sum_of_products({}, {}, {&time, 1}, {&time, 1}, Dtype::datetime64, Shape{1, 1}));
  BOOST_TEST(!linalg::sum_of_products({}, {}, {&a, 1}, {}, Dtype::float64, Shape{2, 3}));
  BOOST_TEST(!linalg::sum_of_products({-1, 1, 1, 1}, {}, {}, {}, Dtype::float64, Shape{2, 3}));
  const Block whole = counting<std::int32_t>({1, 1});
  BOOST_TEST(!linalg::sum_of_products({}, {}, {&whole, 1}, {&whole, 1}, Dtype::int32, Shape{1, 1}, true));
}

BOOST_AUTO_TEST_CASE(A4_two_lanes_at_once_get_the_bits_of_one) {
  const Block a = Block::make<double>({60, 50}, [](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = 1.0 / static_cast<double>(i + 1);
  });
  const Product turned{0, 1, 1, 1, Side::plain, Side::transposed};
  const Block want = product(turned, a, a, {60, 60});
  std::vector<int> others(2, 0);
  const auto work = [&](std::size_t lane) {
    for (int i = 0; i < 500; ++i) others[lane] += !(*linalg::sum_of_products(turned, {}, {&a, 1}, {&a, 1}, Dtype::float64, Shape{60, 60}) == want);
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  BOOST_TEST(others == (std::vector{0, 0}), boost::test_tools::per_element());
}

// Else Ctrl-C ended programs that wait for it in a thread of theirs (tests/tools/cli_test.cpp).
BOOST_AUTO_TEST_CASE(threads_that_the_library_starts_take_no_signal) {
  product({}, counting<double>({1, 1}), counting<double>({1, 1}), {1, 1});
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (thread.path().filename() == std::to_string(getpid())) continue;
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigBlk:")) BOOST_TEST((std::stoull(line.substr(7), nullptr, 16) & (1ULL << (SIGINT - 1))) != 0, thread.path() << " " << line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
