// Where tasks go: to the homes that they had when they were submitted, whenever nodes report, unless one falls behind.
#include "desk.hpp"

#include "runtime/base/rng.hpp"

#include <algorithm>
#include <set>

using namespace tessera::test;

namespace {
using Inputs = std::map<std::string, Lines>;

/// Groups of readers, each with a sum, and the sum of these.
Inputs groups(int count, int size) {
  Inputs inputs;
  for (int group = 0; group < count; ++group) {
    const std::string sum = "sum" + std::to_string(group);
    for (int i = 0; i < size; ++i) {
      const std::string reader = "r" + std::to_string(group) + "." + std::to_string(i);
      inputs[reader] = {};
      inputs[sum].push_back(reader);
    }
    inputs["total"].push_back(sum);
  }
  return inputs;
}
Plan plan_of(const Inputs& inputs) {
  Plan plan;
  for (const char* kind : {"r", "s", "t"})
    for (const auto& [name, its] : inputs)
      if (name.starts_with(kind)) plan.add(name, its);
  return plan;
}

/// Nodes answer in an order that is drawn; `slow` never does. Where each task was sent.
std::map<std::string, std::uint32_t> run(const Inputs& inputs, std::uint64_t seed, Duration took = microseconds(10), std::uint32_t slow = 0) {
  Ready desk(2);
  Rng rng(seed);
  desk.submit(plan_of(inputs), {"total"});
  std::set<std::string> done;
  std::map<std::string, std::uint32_t> places;
  for (;;) {
    Lines runnable;
    for (const auto& [name, its] : desk.sent) {
      places[name] = its.node.value;
      if (its.node.value != slow && !done.contains(name) && std::ranges::all_of(inputs.at(name), [&](const auto& one) { return done.contains(one); })) runnable.push_back(name);
    }
    if (runnable.empty()) return places;
    const std::string name = runnable[rng.below(runnable.size())];
    const Desk::Sent its = desk.at(name);
    desk.report(its.node.value, protocol::Finished{its.task, its.attempt, mib(4), took, std::nullopt});
    done.insert(name);
  }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_coordinator_placing)

BOOST_AUTO_TEST_CASE(the_same_graph_is_placed_the_same_in_whatever_order_nodes_report) {
  const Inputs inputs = groups(8, 4);
  const auto places = run(inputs, 1);
  BOOST_TEST(places.size() == inputs.size());
  for (std::uint64_t seed = 2; seed < 50; ++seed) BOOST_TEST((run(inputs, seed) == places), "seed " << seed);
}

BOOST_AUTO_TEST_CASE(readers_of_one_sum_are_together_with_it_and_both_nodes_have_as_many) {
  const Inputs inputs = groups(8, 4);
  const auto places = run(inputs, 1);
  std::map<std::uint32_t, int> sums;
  for (int group = 0; group < 8; ++group) {
    const std::uint32_t node = places.at("sum" + std::to_string(group));
    ++sums[node];
    for (int i = 0; i < 4; ++i) BOOST_TEST(places.at("r" + std::to_string(group) + "." + std::to_string(i)) == node);
  }
  BOOST_TEST(sums[1] == 4);
  BOOST_TEST(sums[2] == 4);
}

BOOST_AUTO_TEST_CASE(what_a_node_does_not_get_to_is_done_by_the_other_but_for_what_was_sent) {
  const auto places = run(groups(8, 4), 1, seconds(1), 2);
  BOOST_TEST(std::ranges::count_if(places, [](const auto& one) { return one.first.starts_with("r") && one.second == 1; }) >= 28);
}

BOOST_AUTO_TEST_CASE(single_submissions_take_turns_and_follow_their_data) {
  Ready desk(2);
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("b"), {"b"});
  BOOST_TEST(desk.at("a").node.value == 1u);
  BOOST_TEST(desk.at("b").node.value == 2u);
  desk.submit(Plan().know(desk.keys).add("after b", {"b"}), {"after b"});
  desk.submit(Plan().know(desk.keys).add("after a", {"a"}), {"after a"});
  BOOST_TEST(desk.at("after b").node.value == 2u);
  BOOST_TEST(desk.at("after a").node.value == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_evicted_is_made_again_where_it_is_needed) {
  Ready desk(2);
  desk.submit(Plan().add("a").add("b").add("c"), {"a", "b", "c"});
  const std::uint32_t before = desk.at("a").node.value, other = desk.at("c").node.value;
  BOOST_TEST(before != other);
  for (const char* name : {"a", "b", "c"}) desk.report(desk.at(name).node.value, protocol::Finished{desk.at(name).task, desk.at(name).attempt, mib(4), microseconds(10), std::nullopt});
  desk.evicted(before, "a");
  desk.submit(Plan().know(desk.keys).add("sum", {"c", "a"}), {"sum"});
  BOOST_TEST(desk.at("a").node.value == other);
}

BOOST_AUTO_TEST_CASE(a_lost_node_takes_no_place_with_it) {
  Ready desk(2);
  desk.submit(plan_of(groups(8, 4)), {"total"});
  desk.lose_node(2);
  while (desk.told("total").state == protocol::FutureState::pending) {
    const auto before = desk.core.counts().done;
    for (const auto& [name, its] : std::map(desk.sent))
      if (its.node.value == 1 && desk.core.counts().assigned > 0) desk.report(1, protocol::Finished{its.task, its.attempt, Bytes{8}, microseconds(10), std::nullopt});
    BOOST_REQUIRE(desk.core.counts().done + desk.core.counts().executions > before);
    if (desk.core.counts().executions > 1000) break;
  }
  BOOST_TEST((desk.told("total").state == protocol::FutureState::finished));
}

BOOST_AUTO_TEST_SUITE_END()
