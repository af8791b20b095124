#include "arrays/linalg/factor.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <thread>

using namespace tessera::arrays;
using linalg::Factor;

namespace {
Block noise(Shape shape, std::uint32_t seed = 1) {
  return Block::make<double>(shape, [&](std::span<double> data) {
    for (double& one : data) one = (seed = seed * 1664525 + 1013904223) / 4294967296.0 - 0.5;
  });
}
std::string why(Factor factor, std::vector<Block> operands) {
  const auto result = linalg::factored(factor, operands);
  return result ? "" : result.failure().message;
}
std::string refused(Factor factor, Dtype dtype, std::vector<Shape> shapes) {
  const auto result = linalg::results_of(factor, dtype, shapes);
  return result ? "" : result.failure().message;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_linalg_factor)

BOOST_AUTO_TEST_CASE(E7_shapes_and_dtypes_are_refused_in_a_sentence) {
  BOOST_TEST(refused(Factor::det, Dtype::float64, {{2, 3}}) == "linalg.det of the shape (2, 3): its matrices are square");
  BOOST_TEST(refused(Factor::svd, Dtype::float64, {{3}}) == "linalg.svd of the shape (3): a matrix has two dimensions");
  BOOST_TEST(refused(Factor::qr, Dtype::int32, {{3, 3}}) == "linalg.qr takes float32, float64, complex64 or complex128, not int32: astype makes it one of them");
  BOOST_TEST(refused(Factor::solve, Dtype::float64, {{3, 3}, {2, 1}}) == "linalg.solve of the shapes (3, 3) and (2, 1): the lengths of the matrix and of the right side differ");
  BOOST_TEST(refused(Factor::solve, Dtype::float64, {{2, 3, 3}, {3, 1}}) == "linalg.solve of the shapes (2, 3, 3) and (3, 1): both have a matrix in each place of the stack");
  BOOST_TEST(refused(Factor::solve, Dtype::float64, {{3, 3}}) == "linalg.solve of the shape (3, 3): it takes another number of operands");
  BOOST_TEST(!refused(Factor::reflectors, Dtype::float64, {{2, 3}}).empty());
  BOOST_TEST(!refused(Factor::reflect, Dtype::float64, {{3, 5}, {3, 2}, {3, 1}}).empty());
  BOOST_TEST(refused(Factor::reflect, Dtype::float64, {{3, 5}, {3, 3}, {3, 1}}).empty());
}

BOOST_AUTO_TEST_CASE(values_that_hinder_fail_with_the_number_of_the_matrix) {
  const Block singular = Block::of<double>({2, 2, 2}, {1, 0, 0, 1, 1, 2, 2, 4});
  BOOST_TEST(why(Factor::inv, {singular}) == "linalg.inv: matrix 1 of a block of the shape (2, 2, 2) is singular");
  BOOST_TEST(why(Factor::solve, {singular, noise({2, 2, 1})}) == "linalg.solve: matrix 1 of a block of the shape (2, 2, 2) is singular");
  BOOST_TEST(why(Factor::cholesky, {Block::of<double>({2, 2}, {1, 0, 2, 1})}) == "linalg.cholesky: matrix 0 of a block of the shape (2, 2) is not positive definite");
  BOOST_TEST(why(Factor::solve_lower, {Block::of<double>({2, 2}, {1, 0, 2, 0}), noise({2, 1})}) ==
             "linalg.solve_triangular: matrix 0 of a block of the shape (2, 2) is singular: there is a 0 in its diagonal");
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    for (const Factor factor : {Factor::svd, Factor::svdvals, Factor::eigh})
      BOOST_TEST(why(factor, {Block::of<double>({2, 2}, {1, bad, bad, 1})}).find("has NaN or infinity") != std::string::npos);
  BOOST_TEST(why(static_cast<Factor>(200), {singular}) == "there is no such factorisation");
  const Block single = Block::of<float>({1, 1}, {1});
  BOOST_TEST(!why(Factor::solve, {Block::of<double>({1, 1}, {1}), single}).empty());
}

BOOST_AUTO_TEST_CASE(of_a_singular_matrix_the_determinant_is_0_and_its_logarithm_less_than_all) {
  const Block singular = Block::of<double>({2, 2}, {1, 2, 2, 4});
  BOOST_TEST(linalg::factored(Factor::det, {&singular, 1})->at(0).data<double>()[0] == 0);
  const auto parts = *linalg::factored(Factor::slogdet, {&singular, 1});
  BOOST_TEST(parts[0].data<double>()[0] == 0);
  BOOST_TEST(parts[1].data<double>()[0] == -std::numeric_limits<double>::infinity());
}

BOOST_AUTO_TEST_CASE(signs_are_chosen_so_that_factors_are_unique) {
  const Block x = noise({7, 4});
  const auto qr = *linalg::factored(Factor::qr, {&x, 1});
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(qr[1].data<double>()[i * 4 + i] > 0);
  const auto svd = *linalg::factored(Factor::svd, {&x, 1});
  for (std::size_t i = 0; i < 4; ++i) {
    const auto row = svd[2].data<double>().subspan(i * 4, 4);
    BOOST_TEST(*std::ranges::max_element(row, {}, [](double one) { return std::abs(one); }) > 0);
  }
}

BOOST_AUTO_TEST_CASE(reflectors_applied_to_the_unit_matrix_are_q) {
  const Block x = noise({50, 20}), unit = Block::make<double>({20, 20}, [](std::span<double> data) {
    std::fill(data.begin(), data.end(), 0.0);
    for (std::size_t i = 0; i < 20; ++i) data[i * 21] = 1;
  });
  const auto parts = *linalg::factored(Factor::reflectors, {&x, 1});
  const std::vector<Block> operands{parts[0], parts[1], unit};
  const auto q = linalg::factored(Factor::reflect, operands)->at(0), same = linalg::factored(Factor::qr, {&x, 1})->at(0);
  for (std::size_t i = 0; i < 1000; ++i) BOOST_TEST(std::abs(std::abs(q.data<double>()[i]) - std::abs(same.data<double>()[i])) < 1e-14);  // But for signs.
}

// Debian's serial build of OpenBLAS fails this, were it not for `Turn` (arrays/linalg/openblas/blas.hpp).
BOOST_AUTO_TEST_CASE(A4_lanes_at_once_get_the_bits_of_one) {
  const Block x = noise({40, 3});
  const auto want = *linalg::factored(Factor::qr, {&x, 1});
  std::vector<int> others(3, 0);
  const auto work = [&](std::size_t lane) {
    for (int i = 0; i < 3000; ++i) others[lane] += !(*linalg::factored(Factor::qr, {&x, 1}) == want);
  };
  std::thread first(work, 1), second(work, 2);
  work(0);
  first.join(), second.join();
  BOOST_TEST(others == (std::vector{0, 0, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
