#include "runtime/memory/eviction.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::runtime;
using namespace tessera::runtime::memory;

namespace {
Soonest soonest(std::uint64_t order) {
  Soonest one;
  one.note(Rank(order), {});
  return one;
}
std::vector<std::uint32_t> chosen(std::vector<Victim> victims, Bytes wanted, Bytes being_written = {}) {
  choose(victims, wanted, being_written, Bytes{1600});
  std::vector<std::uint32_t> chunks;
  for (const Victim& one : victims) chunks.push_back(one.chunk);
  return chunks;
}
using Chunks = std::vector<std::uint32_t>;
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_memory_eviction)

BOOST_AUTO_TEST_CASE(what_is_needed_latest_goes_first) {
  const std::vector<Victim> all = {{0, Bytes{200}, soonest(3), 1}, {1, Bytes{200}, {}, 4}, {2, Bytes{200}, soonest(9), 2}, {3, Bytes{200}, {}, 5}};
  BOOST_TEST(chosen(all, Bytes{800}) == (Chunks{3, 1, 2, 0}), boost::test_tools::per_element());
  BOOST_TEST(chosen(all, Bytes{600}) == (Chunks{3, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_sixteenth_of_the_memory_more_goes_of_what_nobody_needs_yet) {
  const std::vector<Victim> all = {{0, Bytes{200}, {}, 1}, {1, Bytes{200}, {}, 2}, {2, Bytes{200}, soonest(1), 3}};
  BOOST_TEST(chosen(all, Bytes{200}) == (Chunks{1, 0}), boost::test_tools::per_element());
  BOOST_TEST(chosen(all, Bytes{100}) == (Chunks{1}), boost::test_tools::per_element());
  BOOST_TEST(chosen(all, Bytes{100}, Bytes{250}).empty());
}

BOOST_AUTO_TEST_CASE(what_need_not_be_written_gives_room_at_once) {
  BOOST_TEST(chosen({{0, Bytes{200}, {}, 2, true}, {1, Bytes{200}, {}, 1}}, Bytes{200}) == Chunks{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_first_in_the_queue_needs_stays_and_what_one_before_it_needs_while_something_moves) {
  const std::optional<Rank> first = Rank(5);
  Soonest of_first;
  of_first.note(Rank(7), first);
  BOOST_TEST(may_go(of_first, first, true));
  of_first.note(Rank(5), first);
  BOOST_TEST((!may_go(of_first, first, true) && !may_go(of_first, first, false)));
  BOOST_TEST((!may_go(soonest(3), first, true) && may_go(soonest(3), first, false)));
  BOOST_TEST((may_go({}, first, true) && may_go(soonest(9), first, true)));
}

BOOST_AUTO_TEST_SUITE_END()
