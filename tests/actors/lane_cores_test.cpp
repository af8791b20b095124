// Lanes that find themselves on one core, where another is free.
#include "actors/lane_cores.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using tessera::actors::LaneCores;

BOOST_AUTO_TEST_SUITE(actors_lane_cores)

BOOST_AUTO_TEST_CASE(who_computes_alone_on_a_core_stays) {
  LaneCores cores(2, 2);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(!cores.shares(0, 0, i));
    BOOST_TEST(!cores.shares(1, 1, i));
  }
  BOOST_TEST(!cores.is_taken(0, 0));
  BOOST_TEST(cores.is_taken(0, 1));
}

BOOST_AUTO_TEST_CASE(who_begins_where_another_computes_is_told_once_a_millisecond) {
  LaneCores cores(2, 2);
  BOOST_TEST(!cores.shares(0, 1, 0));
  BOOST_TEST(cores.shares(1, 1, 1'000));
  BOOST_TEST(cores.shares(0, 1, 2'000));
  BOOST_TEST(!cores.shares(1, 1, 900'000));
  BOOST_TEST(!cores.shares(0, 1, 950'000));
  BOOST_TEST(cores.shares(1, 1, 1'001'000));
}

BOOST_AUTO_TEST_CASE(a_lane_that_rests_or_went_elsewhere_takes_no_core) {
  LaneCores cores(3, 3);
  BOOST_TEST(!cores.shares(0, 1, 0));
  cores.rests(0);
  BOOST_TEST(!cores.is_taken(1, 1));
  BOOST_TEST(!cores.shares(1, 1, 0));
  BOOST_TEST(!cores.shares(1, 2, 0));
  BOOST_TEST(!cores.shares(2, 1, 0));
}

BOOST_AUTO_TEST_CASE(a_core_of_a_number_unknown_at_the_start_is_nobodys) {
  LaneCores cores(2, 2);
  BOOST_TEST(!cores.shares(0, 7, 0));
  BOOST_TEST(!cores.shares(1, 7, 0));
}

BOOST_AUTO_TEST_CASE(a_lane_that_moves_may_use_the_cores_that_it_might_before) {
  std::thread([] {
    const auto own = [] {
      cpu_set_t set;
      CPU_ZERO(&set);
      BOOST_REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
      return set;
    };
    const cpu_set_t before = own();
    LaneCores cores(2);
    const auto here = static_cast<std::uint32_t>(sched_getcpu());
    cores.shares(1, here, 0);
    cores.settle(0, 0);
    const cpu_set_t after = own();
    BOOST_TEST(CPU_EQUAL(&before, &after));
  }).join();
}

BOOST_AUTO_TEST_CASE(lanes_settle_at_once) {
  LaneCores cores(4);
  std::vector<std::thread> lanes;
  for (std::uint32_t lane = 0; lane < 4; ++lane)
    lanes.emplace_back([&cores, lane] {
      for (int task = 0; task < 2'000; ++task) {
        cores.settle(lane, task * 100'000);
        if (task % 100 == 0) cores.rests(lane);
      }
      cores.rests(lane);
    });
  for (std::thread& lane : lanes) lane.join();
  for (std::uint32_t core = 0; core < 4; ++core) BOOST_TEST(!cores.is_taken(core, ~std::uint32_t{0}));
}

BOOST_AUTO_TEST_SUITE_END()
