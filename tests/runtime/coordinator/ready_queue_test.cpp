#include "runtime/coordinator/ready_queue.hpp"

#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tessera::runtime;
using coordinator::QueueEntry;
using coordinator::ReadyQueue;

BOOST_AUTO_TEST_SUITE(runtime_coordinator_ready_queue)

BOOST_AUTO_TEST_CASE(entries_leave_by_priority_and_rank_however_they_came) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ReadyQueue queue;
    std::vector<QueueEntry> expected;  // Last first.
    Rng rng(seed);
    for (std::uint32_t i = 0; i < 3000; ++i) {
      if (rng.below(5) < 3) {
        const bool in_order = rng.below(4) > 0;
        const QueueEntry entry{static_cast<std::int32_t>(rng.below(2)), i, in_order ? i : rng.below(3000)};
        queue.push(entry);
        expected.insert(std::lower_bound(expected.begin(), expected.end(), entry), entry);
      } else if (!expected.empty()) {
        BOOST_REQUIRE(queue.top().task == expected.back().task);
        BOOST_REQUIRE(queue.pop().task == expected.back().task);
        expected.pop_back();
      }
      BOOST_REQUIRE(queue.size() == expected.size() && queue.empty() == expected.empty());
    }
    BOOST_TEST(queue.take_all().size() == expected.size());
    BOOST_TEST(queue.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
