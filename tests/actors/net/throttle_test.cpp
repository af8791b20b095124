#include "actors/net/throttle.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

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
  BOOST_TEST((up.leaves(1, mib, at(5)) == at(15)));
  BOOST_TEST((up.leaves(1, mib, at(6)) == at(25)));
  BOOST_TEST((up.leaves(1, mib / 2, at(100)) == at(105)));  // The link was idle: that is not saved up.
  BOOST_TEST(!Throttle(0).is_on());
}

BOOST_AUTO_TEST_CASE(streams_that_leave_at_once_have_equal_shares_however_late_one_of_them_asks) {
  Throttle up(100);
  std::int64_t quick = 0, slow = 0;  // Pieces that have left within a second. One asks 3 ms after its last piece but one has left, the other at once.
  Instant quick_before, quick_last, slow_before, slow_last;
  for (int ms = 0; ms < 1000; ++ms) {
    if (quick_before <= at(ms)) quick_before = std::exchange(quick_last, up.leaves(1, mib / 4, at(ms))), ++quick;
    if (slow_before + milliseconds(3) <= at(ms)) slow_before = std::exchange(slow_last, up.leaves(2, mib / 4, at(ms))), ++slow;
  }
  BOOST_TEST(std::abs(quick - slow) <= 4);
  BOOST_TEST(quick + slow >= 396);
  BOOST_TEST(quick + slow <= 404);
}

BOOST_AUTO_TEST_CASE(what_two_send_at_once_arrives_at_the_rate_of_the_receiver) {
  Throttle down(100);
  BOOST_TEST((down.arrives(1, mib, at(10)) == at(10)));     // It took its 10 ms on the way from the sender's side.
  BOOST_TEST((down.arrives(2, mib, at(10)) == at(20)));     // From another sender meanwhile.
  BOOST_TEST((down.arrives(1, mib, at(20)) == at(30)));
  BOOST_TEST((down.arrives(2, mib, at(20)) == at(40)));
  BOOST_TEST((down.arrives(1, mib, at(90)) == at(90)));
}

BOOST_AUTO_TEST_SUITE_END()
