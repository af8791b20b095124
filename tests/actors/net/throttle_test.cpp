#include "actors/net/throttle.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors::net;
using tessera::runtime::milliseconds;

namespace {
constexpr std::uint64_t mib = 1 << 20;
Instant at(std::int64_t ms) { return Instant{} + milliseconds(ms); }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_net_throttle)

BOOST_AUTO_TEST_CASE(what_is_sent_leaves_at_the_rate_one_behind_the_other) {
  Throttle up(100);
  BOOST_TEST(up.is_on());
  BOOST_TEST((up.leaves(mib, at(5)) == at(15)));
  BOOST_TEST((up.leaves(mib, at(6)) == at(25)));
  BOOST_TEST((up.leaves(mib / 2, at(100)) == at(105)));  // The link was idle: that is not saved up.
  BOOST_TEST(!Throttle(0).is_on());
}

BOOST_AUTO_TEST_CASE(what_two_send_at_once_arrives_at_the_rate_of_the_receiver) {
  Throttle down(100);
  BOOST_TEST((down.arrives(mib, at(10)) == at(10)));     // It took its 10 ms on the way from the sender's side.
  BOOST_TEST((down.arrives(mib, at(10)) == at(20)));     // From another sender meanwhile.
  BOOST_TEST((down.arrives(mib, at(20)) == at(30)));
  BOOST_TEST((down.arrives(mib, at(70)) == at(70)));
}

BOOST_AUTO_TEST_SUITE_END()
