#include "simulation/experiment/agreement.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::simulation::experiment;

BOOST_AUTO_TEST_SUITE(simulation_experiment_agreement)

// Deviations of 0.1 and 0.1: the pooled one is 0.1, and pairs more than 0.2 apart count.
BOOST_AUTO_TEST_CASE(pairs_that_differ_by_more_than_twice_the_noise_are_the_same_or_inverted) {
  const std::vector<Contender> all = {{"a", {0.9, 1.0, 1.1}, 5}, {"b", {1.05, 1.15, 1.25}, 4}, {"c", {1.9, 2.0, 2.1}, 4.5}};
  const Agreement its = agreement_of(all);
  BOOST_TEST(its.noise == 0.1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(its.pairs == 2u);           // a and b are within the noise.
  BOOST_TEST(its.same == 1u);            // b before c.
  BOOST_REQUIRE(its.inverted.size() == 1u);
  BOOST_TEST(its.inverted[0].first == "a");
  BOOST_TEST(its.inverted[0].second == "c");
}

BOOST_AUTO_TEST_CASE(who_was_faster_live_is_named_first_in_any_order) {
  const std::vector<Contender> all = {{"slow", {3, 3}, 1}, {"fast", {2, 2}, 2}};
  const Agreement its = agreement_of(all);
  BOOST_REQUIRE(its.inverted.size() == 1u);
  BOOST_TEST(its.inverted[0].first == "fast");
}

BOOST_AUTO_TEST_CASE(equal_simulated_makespans_are_neither_the_same_nor_inverted) {
  const std::vector<Contender> all = {{"a", {1, 1}, 7}, {"b", {2, 2}, 7}};
  const Agreement its = agreement_of(all);
  BOOST_TEST(its.pairs == 1u);
  BOOST_TEST(its.same == 0u);
  BOOST_TEST(its.inverted.empty());
  BOOST_TEST(tau(its.same, its.inverted.size(), its.pairs) == 0);
}

BOOST_AUTO_TEST_CASE(tau_is_one_where_all_agree_and_minus_one_where_none_does) {
  BOOST_TEST(tau(10, 0, 10) == 1);
  BOOST_TEST(tau(0, 10, 10) == -1);
  BOOST_TEST(tau(9, 1, 10) == 0.8, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(tau(0, 0, 0) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
