#include "runtime/policy/placement.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <vector>

using namespace tessera::runtime;
using namespace tessera::runtime::policy;

namespace {
struct Scene {
  std::vector<NodeView> nodes;
  std::vector<std::vector<std::uint32_t>> holders;
  std::vector<InputView> inputs;
  State state;

  explicit Scene(std::size_t count) {
    for (std::uint32_t i = 0; i < count; ++i) nodes.push_back({NodeId{i}, 1, {}, gib(1), true});
    holders.reserve(16);
  }
  void input(Bytes size, std::vector<std::uint32_t> at) {
    holders.push_back(std::move(at));
    inputs.push_back({size, holders.back()});
  }
  std::uint32_t place(Place policy, std::uint32_t home = nowhere) { return policy({nodes}, {inputs, milliseconds(1), home}, state); }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_policy_placement)

BOOST_AUTO_TEST_CASE(no_policy_chooses_a_node_that_is_not_eligible) {
  for (const Place place : {locality, round_robin}) {
    Scene scene(4);
    for (NodeView& node : scene.nodes) node.eligible = false;
    BOOST_TEST(scene.place(place) == nowhere);
    scene.nodes[2].eligible = true;
    for (int i = 0; i < 10; ++i) BOOST_TEST(scene.place(place) == 2u);
  }
}

BOOST_AUTO_TEST_CASE(round_robin_takes_the_eligible_in_turn) {
  Scene scene(3);
  std::vector<std::uint32_t> chosen;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) scene.nodes[1].eligible = false;
    chosen.push_back(scene.place(round_robin));
  }
  BOOST_TEST(chosen == (std::vector<std::uint32_t>{0, 1, 2, 0, 2, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(locality_goes_where_the_data_lies) {
  Scene scene(3);
  scene.input(mib(10), {1});
  scene.input(mib(1), {2});
  BOOST_TEST(scene.place(locality) == 1u);
}

BOOST_AUTO_TEST_CASE(locality_leaves_the_data_when_the_queue_costs_more_than_the_transfer) {
  Scene scene(2);
  scene.input(mib(10), {0});  // 100 us + about 10.5 ms on the default link.
  scene.nodes[0].queued = milliseconds(10);
  BOOST_TEST(scene.place(locality) == 0u);
  scene.nodes[0].queued = milliseconds(12);
  BOOST_TEST(scene.place(locality) == 1u);
  scene.nodes[0].lanes = 2;  // The same work on two lanes: half the wait.
  BOOST_TEST(scene.place(locality) == 0u);
}

BOOST_AUTO_TEST_CASE(locality_breaks_ties_by_bytes_held_then_by_what_is_queued_then_by_index) {
  Scene scene(3);
  BOOST_TEST(scene.place(locality) == 0u);
  scene.nodes[0].lanes = 2, scene.nodes[0].queued = milliseconds(2);
  scene.nodes[1].queued = milliseconds(1);
  scene.nodes[2].lanes = 4, scene.nodes[2].queued = milliseconds(4);
  BOOST_TEST(scene.place(locality) == 1u);  // All start after 1 ms; least is queued there.
  scene.input(Bytes{8}, {0, 2});
  scene.input(Bytes{8}, {0, 1});
  scene.input(Bytes{8}, {0, 1, 2});
  BOOST_TEST(scene.place(locality) == 0u);  // Only there nothing has to move.
  Scene equal(3);  // 1,000 bytes are missing either way round, but more is held at 2.
  equal.input(Bytes{1000}, {1});
  equal.input(Bytes{1000}, {2});
  equal.input(Bytes{}, {2});
  equal.nodes[0].eligible = false;
  equal.input(Bytes{0}, {1});
  BOOST_TEST(equal.place(locality) == 1u);
}

BOOST_AUTO_TEST_CASE(locality_breaks_a_tie_of_start_times_by_bytes_held) {
  Scene scene(2);
  // Node 0 waits for nothing but must fetch 1 MB: 100 us + 1 ms. Node 1 has it, behind 1.1 ms of queue.
  scene.input(Bytes{1'000'000}, {1});
  scene.nodes[1].queued = microseconds(1100);
  BOOST_TEST(scene.place(locality) == 1u);
  scene.nodes[1].queued = microseconds(1101);
  BOOST_TEST(scene.place(locality) == 0u);
}

BOOST_AUTO_TEST_CASE(a_task_stays_at_home_whatever_has_been_reported_of_queues) {
  Scene scene(3);
  scene.nodes[1].queued = milliseconds(50);
  for (NodeView& node : scene.nodes) node.planned = 100;
  BOOST_TEST(scene.place(locality, 1) == 1u);
  scene.nodes[1].eligible = false;
  BOOST_TEST(scene.place(locality, 1) == 0u);
}

BOOST_AUTO_TEST_CASE(a_node_that_runs_out_of_work_takes_from_one_that_is_far_behind) {
  Scene scene(2);
  scene.nodes[1].idle = true;
  scene.nodes[0].planned = 252;
  BOOST_TEST(scene.place(locality, 0) == 1u);  // More than 250 ms of work besides this task.
  scene.nodes[0].planned = 251;
  BOOST_TEST(scene.place(locality, 0) == 0u);
  scene.nodes[0].planned = 1000;
  BOOST_TEST(scene.place(locality, 0) == 1u);
  scene.nodes[1].idle = false;   // It has enough to do.
  BOOST_TEST(scene.place(locality, 0) == 0u);
  scene.nodes[1].idle = true;
  scene.input(gib(1), {0});      // A second to transfer.
  BOOST_TEST(scene.place(locality, 0) == 0u);
}

BOOST_AUTO_TEST_CASE(a_task_leaves_its_home_for_data_of_its_own_but_not_for_its_part_of_what_others_need_too) {
  Scene scene(2);
  scene.input(mib(10), {1});
  BOOST_TEST(scene.place(locality, 0) == 1u);
  scene.inputs.front().users = 100;
  BOOST_TEST(scene.place(locality, 0) == 0u);
  scene.inputs.front().users = 1;
  scene.input(mib(8), {0});
  BOOST_TEST(scene.place(locality, 0) == 0u);
}

BOOST_AUTO_TEST_CASE(absurd_sizes_do_not_overflow) {
  Scene scene(2);
  scene.input(Bytes{~0ull}, {1});
  scene.nodes[1].queued = seconds(1'000'000);
  BOOST_TEST(scene.place(locality) < 2u);
  scene.nodes[0].planned = ~0u;
  BOOST_TEST(scene.place(locality, 0) < 2u);
}

BOOST_AUTO_TEST_CASE(O7_the_same_views_give_the_same_choices) {
  for (const Place place : {locality, round_robin}) {
    const auto run = [&] {
      Rng rng(5);
      Scene scene(5);
      std::vector<std::uint32_t> chosen;
      for (int i = 0; i < 200; ++i) {
        for (NodeView& node : scene.nodes) node.queued = microseconds(static_cast<std::int64_t>(rng.below(1000)));
        scene.inputs.clear(), scene.holders.clear();
        scene.input(Bytes{rng.below(1 << 20)}, {static_cast<std::uint32_t>(rng.below(5))});
        chosen.push_back(scene.place(place));
      }
      return chosen;
    };
    BOOST_TEST((run() == run()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
