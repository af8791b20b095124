// Kernels of cumulative sums and products.
#include "arrays/kernels/cumulate.hpp"

#include <boost/test/unit_test.hpp>

#include <complex>

using namespace tessera::arrays;
using kernels::Cumulation;

namespace {
template <class T>
std::vector<T> values(const Block& block) { return {block.data<T>().begin(), block.data<T>().end()}; }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_cumulate)

BOOST_AUTO_TEST_CASE(a_chunk_begins_where_the_totals_before_it_end) {
  const Block x = Block::of<double>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  BOOST_TEST((values<double>(*kernels::total(Cumulation::sum, x, 1)) == std::vector<double>{4, 6, 12, 14}));
  BOOST_TEST((values<double>(*kernels::cumulate(Cumulation::sum, x, 1, nullptr, 0)) == std::vector<double>{1, 2, 4, 6, 5, 6, 12, 14}));
  const Block totals = Block::of<double>({2, 2, 2}, {0, 0, 10, 20, 0, 0, 30, 40});
  BOOST_TEST((values<double>(*kernels::cumulate(Cumulation::sum, x, 1, &totals, 1)) == std::vector<double>{11, 22, 14, 26, 35, 46, 42, 54}));
  BOOST_TEST((values<double>(*kernels::cumulate(Cumulation::prod, x, 2, nullptr, 0)) == std::vector<double>{1, 2, 3, 12, 5, 30, 7, 56}));
}

BOOST_AUTO_TEST_CASE(integers_wrap_and_small_floats_are_added_in_large_ones) {
  BOOST_TEST((values<std::int8_t>(*kernels::cumulate(Cumulation::sum, Block::of<std::int8_t>({3}, {127, 1, -1}), 0, nullptr, 0)) == std::vector<std::int8_t>{127, -128, 127}));
  const Block total = *kernels::total(Cumulation::sum, Block::of<float>({3}, {16777216, 1, 1}), 0);
  BOOST_TEST((values<double>(total) == std::vector<double>{16777218}));
  BOOST_TEST((kernels::total(Cumulation::prod, Block::of<std::complex<float>>({2}, {{0, 1}, {0, 1}}), 0)->dtype() == Dtype::complex128));
}

BOOST_AUTO_TEST_CASE(of_nothing_there_is_nothing_and_what_does_not_fit_is_refused) {
  const Block empty = Block::of<double>({0, 2}, {});
  BOOST_TEST((values<double>(*kernels::total(Cumulation::prod, empty, 0)) == std::vector<double>{1, 1}));
  BOOST_TEST(kernels::cumulate(Cumulation::sum, empty, 0, nullptr, 0)->size() == 0);
  const Block x = Block::of<double>({2}, {1, 2}), totals = Block::of<float>({2}, {1, 2});
  BOOST_TEST(!kernels::total(Cumulation::sum, x, 1));
  BOOST_TEST(!kernels::total(Cumulation::sum, Block::of<bool>({1}, {true}), 0));
  BOOST_TEST(!kernels::cumulate(Cumulation::sum, x, 0, &totals, 0));
  BOOST_TEST(!kernels::cumulate(Cumulation::sum, x, 0, &x, 2));
}

BOOST_AUTO_TEST_SUITE_END()
