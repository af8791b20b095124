#include "simulation/experiment/statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace tessera::simulation::experiment;

BOOST_AUTO_TEST_SUITE(simulation_experiment_statistics)

BOOST_AUTO_TEST_CASE(the_median_of_an_even_count_lies_between_the_middle_two) {
  BOOST_TEST(spread_of({4, 1, 9}).median == 4);
  const Spread even = spread_of({8, 1, 2, 3});
  BOOST_TEST(even.median == 2.5);
  BOOST_TEST(even.min == 1);
  BOOST_TEST(even.max == 8);
}

// The first are Darwin's pairs of plants, whose p scipy's documentation has, and a count over all 32,768 signs, too; the last is the normal approximation, computed apart.
BOOST_AUTO_TEST_CASE(the_signed_rank_test_gives_known_values) {
  const std::vector<double> plants = {6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
  BOOST_TEST(signed_rank_p(plants) == 0.041259765625, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(signed_rank_p(std::vector<double>(8, -1.5)) == 2 / 256.0, boost::test_tools::tolerance(1e-12));
  std::vector<double> many;
  for (int i = 1; i <= 60; ++i) many.push_back(i % 3 == 0 ? -i : i);
  BOOST_TEST(signed_rank_p(many) == 0.03622649417878664, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(ranks_of_equal_differences_are_shared_and_zeros_do_not_count) {
  // All signs of the ranks 1.5, 1.5, 3: two of eight are at least as far out as {-1, 1, 3} with 4.5 on one side and 1.5 on the other.
  BOOST_TEST(signed_rank_p(std::vector<double>{-1, 1, 3}) == 0.75, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(signed_rank_p(std::vector<double>{-1, 0, 0, 1, 3}) == 0.75, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(signed_rank_p(std::vector<double>{0, 0}) == 1);
  BOOST_TEST(signed_rank_p({}) == 1);
}

BOOST_AUTO_TEST_CASE(holm_multiplies_the_smallest_by_the_number_of_tests) {
  const std::vector<double> adjusted = holm({0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < expected.size(); ++i) BOOST_TEST(adjusted[i] == expected[i], boost::test_tools::tolerance(1e-12));
  BOOST_TEST(holm({0.9, 0.8}) == (std::vector<double>{1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
