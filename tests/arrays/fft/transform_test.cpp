#include "arrays/fft/transform.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <complex>
#include <numbers>

using namespace tessera::arrays;
using fft::Transform;
using Complex = std::complex<double>;

namespace {
Block line(std::int64_t n) {
  return Block::make<Complex>({n}, [&](std::span<Complex> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = {std::sin(static_cast<double>(i * i)), std::cos(3.0 * static_cast<double>(i))};
  });
}
/// How far the transform is from its definition at most.
double error_of(std::int64_t n) {
  const Block in = line(n), out = *fft::transformed(Transform::forward, in, 0, n, 1);
  double most = 0;
  for (std::int64_t k = 0; k < n; k += std::max<std::int64_t>(n / 50, 1)) {
    Complex sum;
    for (std::int64_t i = 0; i < n; ++i)
      sum += in.data<Complex>()[static_cast<std::size_t>(i)] * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(i * k % n) / static_cast<double>(n));
    most = std::max(most, std::abs(sum - out.data<Complex>()[static_cast<std::size_t>(k)]));
  }
  return most;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_fft_transform)

BOOST_AUTO_TEST_CASE(any_length_is_transformed) {
  for (const std::int64_t n : {1, 2, 3, 4, 6, 7, 30, 61, 64, 67, 97, 365, 1009, 2 * 1009, 8192}) BOOST_TEST(error_of(n) < 2e-12 * std::sqrt(static_cast<double>(n)), n);
}

BOOST_AUTO_TEST_CASE(a_long_prime_length_takes_n_log_n_steps) {
  // n * n steps would be 1e12, and no test.
  const std::int64_t n = 1'000'003;
  const Block in = line(n), out = *fft::transformed(Transform::forward, in, 0, n, 1), back = *fft::transformed(Transform::inverse, out, 0, n, 1.0 / static_cast<double>(n));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); i += 9973) BOOST_TEST(std::abs(back.data<Complex>()[i] - in.data<Complex>()[i]) < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_nan_stays_in_its_line) {
  const Block in = Block::make<double>({8, 3}, [](std::span<double> data) {
    std::fill(data.begin(), data.end(), 1.0);
    data[1] = std::nan("");
  });
  const Block out = *fft::transformed(Transform::real_forward, in, 0, 8, 1);
  for (std::size_t k = 0; k < 5; ++k)
    for (std::size_t l = 0; l < 3; ++l) BOOST_TEST(std::isnan(std::abs(out.data<Complex>()[k * 3 + l])) == (l == 1));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Block in = line(4);
  BOOST_TEST(!fft::transformed(Transform::forward, in, 1, 4, 1));
  BOOST_TEST(!fft::transformed(Transform::forward, in, 0, 0, 1));
  BOOST_TEST(!fft::transformed(Transform::real_forward, in, 0, 4, 1));
  BOOST_TEST(!fft::transformed(static_cast<Transform>(9), in, 0, 4, 1));
  BOOST_TEST(fft::transformed(Transform::forward, Block::of<std::int32_t>({1}, {1}), 0, 1, 1).failure().message == "transforms are of floats, not int32");
}

BOOST_AUTO_TEST_SUITE_END()
