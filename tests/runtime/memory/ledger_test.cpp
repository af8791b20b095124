#include "runtime/memory/ledger.hpp"

#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tessera::runtime;
using namespace tessera::runtime::memory;

namespace {
std::vector<RequestId> settled(Ledger& ledger) {
  std::vector<RequestId> granted;
  ledger.settle(granted);
  return granted;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_memory_ledger)

BOOST_AUTO_TEST_CASE(a_request_is_granted_whole_or_waits) {
  Ledger ledger(Bytes{100});
  BOOST_TEST((ledger.request(1, Bytes{60}, 1) == Verdict::granted));
  BOOST_TEST((ledger.request(2, Bytes{50}, 2) == Verdict::waits));
  BOOST_TEST(ledger.reserved().value == 60u);
  BOOST_TEST(ledger.shortfall().value == 10u);
  ledger.unreserve(Bytes{60});
  BOOST_TEST(settled(ledger) == (std::vector<RequestId>{2}), boost::test_tools::per_element());
  BOOST_TEST(ledger.reserved().value == 50u);
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_is_refused_and_leaves_no_trace) {
  Ledger ledger(Bytes{100});
  ledger.set_overhead(Bytes{30});
  BOOST_TEST((ledger.request(1, Bytes{101}, 1) == Verdict::never));
  BOOST_TEST(ledger.waiting() == 0u);
  BOOST_TEST(ledger.reserved().value == 0u);
  BOOST_TEST((ledger.request(1, Bytes{70}, 1) == Verdict::granted));
}

BOOST_AUTO_TEST_CASE(a_large_request_is_not_overtaken_by_small_later_ones) {
  Ledger ledger(Bytes{100});
  BOOST_TEST((ledger.request(1, Bytes{60}, 1) == Verdict::granted));
  BOOST_TEST((ledger.request(2, Bytes{90}, 2) == Verdict::waits));
  BOOST_TEST((ledger.request(3, Bytes{10}, 3) == Verdict::waits));
  BOOST_TEST(settled(ledger).empty());
  BOOST_TEST((ledger.request(4, Bytes{10}, 1) == Verdict::granted));  // Ahead of it: may go.
  ledger.unreserve(Bytes{60});
  BOOST_TEST(settled(ledger) == (std::vector<RequestId>{2}), boost::test_tools::per_element());
  ledger.unreserve(Bytes{90});
  BOOST_TEST(settled(ledger) == (std::vector<RequestId>{3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_withdrawn_request_makes_room_in_the_queue) {
  Ledger ledger(Bytes{100});
  BOOST_TEST((ledger.request(1, Bytes{60}, 1) == Verdict::granted));
  BOOST_TEST((ledger.request(2, Bytes{90}, 2) == Verdict::waits));
  BOOST_TEST((ledger.request(3, Bytes{10}, 3) == Verdict::waits));
  BOOST_TEST(ledger.withdraw(2));
  BOOST_TEST(!ledger.withdraw(2));
  BOOST_TEST(settled(ledger) == (std::vector<RequestId>{3}), boost::test_tools::per_element());
  ledger.check();
}

BOOST_AUTO_TEST_CASE(an_overrun_is_booked_at_once_and_blocks_others_until_it_is_paid_for) {
  Ledger ledger(Bytes{100});
  BOOST_TEST((ledger.request(1, Bytes{40}, 1) == Verdict::granted));
  ledger.commit(Bytes{40}, Bytes{130});
  BOOST_TEST(ledger.resident().value == 130u);
  BOOST_TEST(ledger.overrun().value == 30u);
  BOOST_TEST(ledger.available().value == 0u);
  BOOST_TEST((ledger.request(2, Bytes{20}, 2) == Verdict::waits));
  BOOST_TEST(ledger.shortfall().value == 50u);  // What it lacks and what is over.
  ledger.free(Bytes{50});
  BOOST_TEST(ledger.overrun().value == 0u);
  BOOST_TEST(settled(ledger).size() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_is_always_granted) {
  Ledger ledger(Bytes{1});
  ledger.adopt(Bytes{5});
  BOOST_TEST((ledger.request(1, Bytes{}, 9) == Verdict::granted));
}

BOOST_AUTO_TEST_CASE(S3_sums_stay_within_the_limit_whatever_is_asked) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(seed);
      Ledger ledger(Bytes{1000});
      std::map<RequestId, Bytes> waiting, reserved;
      Bytes resident, sum;
      RequestId next = 1;
      for (int i = 0; i < 500; ++i) {
        switch (rng.below(5)) {
          case 0: case 1: {
            const Bytes amount{rng.below(700)};
            const Verdict verdict = ledger.request(next, amount, rng.below(10));
            if (verdict == Verdict::granted) reserved[next] = amount;
            else if (verdict == Verdict::waits) waiting[next] = amount;
            ++next;
            break;
          }
          case 2:
            if (reserved.empty()) break;
            if (rng.below(2) == 0) ledger.unreserve(reserved.begin()->second);
            else {
              const Bytes actual{rng.below(reserved.begin()->second.value + 1)};
              ledger.commit(reserved.begin()->second, actual);
              resident += actual;
            }
            reserved.erase(reserved.begin());
            break;
          case 3: {
            const Bytes amount{rng.below(resident.value + 1)};
            ledger.free(amount);
            resident -= amount;
            break;
          }
          default:
            if (waiting.empty()) break;
            BOOST_REQUIRE(ledger.withdraw(waiting.begin()->first));
            waiting.erase(waiting.begin());
        }
        for (const RequestId id : settled(ledger)) reserved[id] = waiting.at(id), waiting.erase(id);
        sum = {};
        for (const auto& [id, amount] : reserved) sum += amount;
        BOOST_REQUIRE(ledger.reserved() == sum);
        BOOST_REQUIRE(ledger.resident() == resident);
        BOOST_REQUIRE(ledger.overrun().value == 0u);
        BOOST_REQUIRE(ledger.waiting() == waiting.size());
        ledger.check();
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
