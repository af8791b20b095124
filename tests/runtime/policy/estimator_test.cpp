#include "runtime/policy/estimator.hpp"

#include <boost/test/unit_test.hpp>

using tessera::runtime::policy::Estimator;

BOOST_AUTO_TEST_SUITE(runtime_policy_estimator)

BOOST_AUTO_TEST_CASE(the_first_value_counts_whole_and_each_further_one_an_eighth) {
  Estimator estimator(1000);
  BOOST_TEST(estimator.expected() == 1000);
  estimator.take(80);
  BOOST_TEST(estimator.expected() == 80);
  estimator.take(160);
  BOOST_TEST(estimator.expected() == 90);
  estimator.take(90);
  BOOST_TEST(estimator.expected() == 90);
}

BOOST_AUTO_TEST_SUITE_END()
