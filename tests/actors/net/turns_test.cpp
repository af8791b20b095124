#include "actors/net/turns.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors::net;

namespace {
std::vector<std::uint64_t> open(const Turns& turns) {
  std::vector<std::uint64_t> ids;
  for (const Turn& turn : turns.open()) ids.push_back(turn.id);
  return ids;
}
void same(const Turns& turns, const std::vector<std::uint64_t>& ids) { BOOST_TEST(open(turns) == ids, boost::test_tools::per_element()); }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_net_turns)

BOOST_AUTO_TEST_CASE(the_lower_rank_comes_first_whichever_was_asked_for_first) {
  Turns turns;
  turns.add({{5}, 1});
  same(turns, {1});
  turns.add({{3}, 2});
  turns.add({{5}, 3});
  turns.add({{9, /*priority=*/1}, 4});
  same(turns, {4, 2, 1, 3});
  turns.remove(2);
  same(turns, {4, 1, 3});
}

BOOST_AUTO_TEST_CASE(four_are_open_and_the_others_follow_by_rank) {
  Turns turns;
  for (std::uint64_t id = 1; id <= 7; ++id) turns.add({{id == 7 ? 2u : 5u}, id});
  same(turns, {7, 1, 2, 3, 4});  // The last one goes before all others.
  turns.add({{3}, 8});
  same(turns, {7, 1, 2, 3, 4});
  turns.remove(7);
  same(turns, {8, 1, 2, 3, 4});
  turns.remove(6);  // It was not open.
  turns.remove(8), turns.remove(1);
  same(turns, {2, 3, 4, 5});
}

BOOST_AUTO_TEST_CASE(however_many_more_urgent_ones_come_the_open_ones_are_few) {
  Turns turns;
  for (std::uint64_t id = 1; id <= 100; ++id) turns.add({{1000 - id}, id});
  BOOST_TEST(turns.open().size() == Turns::open_max);
  for (std::uint64_t id = 100; id >= 1; --id) turns.remove(id);
  BOOST_TEST(turns.open().size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
