#include "runtime/policy/dividing.hpp"

#include "runtime/graph/order.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <initializer_list>
#include <vector>

using namespace tessera::runtime;
using namespace tessera::runtime::policy;
using Homes = std::vector<std::uint32_t>;

namespace {
struct Scene {
  graph::Graph graph;
  Homes externals;
  std::vector<std::uint32_t> lanes{1, 1};

  graph::Index task(const std::vector<graph::Index>& inputs = {}) {
    graph.tasks.push_back({.key = {}, .inputs_begin = static_cast<std::uint32_t>(graph.inputs.size())});
    graph.inputs.insert(graph.inputs.end(), inputs.begin(), inputs.end());
    return static_cast<graph::Index>(graph.tasks.size() - 1);
  }
  graph::Index external(std::uint32_t node) {
    externals.push_back(node);
    return static_cast<graph::Index>(externals.size() - 1) | graph::external_bit;
  }
  Homes homes(std::uint32_t start = 0) const {
    Homes homes(graph.tasks.size(), undivided);
    const auto ranks = graph::depth_first_order(graph);
    divide({graph, ranks, externals, lanes, start}, homes);
    return homes;
  }
  /// Inputs of tasks with another home.
  std::size_t moved(const Homes& homes) const {
    std::size_t count = 0;
    for (graph::Index task = 0; task < graph.tasks.size(); ++task)
      for (const graph::Index input : graph.inputs_of(task)) count += homes[input] != homes[task];
    return count;
  }
};
std::ptrdiff_t count(const Homes& homes, std::uint32_t node) { return std::ranges::count(homes, node); }
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_policy_dividing)

BOOST_AUTO_TEST_CASE(what_feeds_the_same_task_is_placed_together_and_the_nodes_get_as_much) {
  Scene scene;
  std::vector<graph::Index> sums;
  for (int group = 0; group < 8; ++group) sums.push_back(scene.task({scene.task(), scene.task(), scene.task(), scene.task()}));
  const Homes homes = scene.homes();
  BOOST_TEST(scene.moved(homes) == 0u);
  BOOST_TEST(count(homes, 0) == 20);
  BOOST_TEST(count(homes, 1) == 20);
}

BOOST_AUTO_TEST_CASE(a_tree_is_cut_once) {
  Scene scene;
  std::vector<graph::Index> level;
  for (int i = 0; i < 64; ++i) level.push_back(scene.task());
  while (level.size() > 1) {
    std::vector<graph::Index> next;
    for (std::size_t i = 0; i < level.size(); i += 2) next.push_back(scene.task({level[i], level[i + 1]}));
    level = next;
  }
  BOOST_TEST(scene.moved(scene.homes()) == 1u);
}

BOOST_AUTO_TEST_CASE(neighbours_lie_together) {
  Scene scene;
  std::vector<graph::Index> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(scene.task());
  for (int i = 1; i < 99; ++i) scene.task({blocks[i - 1], blocks[i], blocks[i + 1]});
  const Homes homes = scene.homes();
  BOOST_TEST(scene.moved(homes) <= 2u);
  BOOST_TEST(std::abs(count(homes, 0) - count(homes, 1)) <= 4);
}

BOOST_AUTO_TEST_CASE(what_many_share_is_where_it_is_and_its_users_are_everywhere) {
  Scene scene;
  const auto source = scene.task();
  for (int i = 0; i < 100; ++i) scene.task({source});
  const Homes homes = scene.homes();
  BOOST_TEST(count(homes, 0) == 51);
  BOOST_TEST(count(homes, 1) == 50);
}

BOOST_AUTO_TEST_CASE(a_chain_is_not_cut_and_goes_where_it_starts) {
  Scene scene;
  graph::Index last = scene.task();
  for (int i = 0; i < 2000; ++i) last = scene.task({last});
  BOOST_TEST(count(scene.homes(), 0) == 2001);
  BOOST_TEST(count(scene.homes(1), 1) == 2001);
}

BOOST_AUTO_TEST_CASE(its_own_input_says_more_than_what_all_use) {
  Scene scene;
  scene.lanes = {1, 1, 1};
  const auto shared = scene.external(0);
  const auto a = scene.task({scene.external(1), shared}), b = scene.task({shared, scene.external(2)});
  const Homes homes = scene.homes();
  BOOST_TEST(homes[a] == 1u);
  BOOST_TEST(homes[b] == 2u);
}

BOOST_AUTO_TEST_CASE(parts_are_as_large_as_the_nodes_have_lanes_and_what_has_none_gets_nothing) {
  Scene scene;
  scene.lanes = {0, 3, 1, 0};
  for (int i = 0; i < 40; ++i) scene.task();
  const Homes homes = scene.homes();
  BOOST_TEST(count(homes, 1) == 30);
  BOOST_TEST(count(homes, 2) == 10);
}

BOOST_AUTO_TEST_CASE(what_is_known_already_stays_where_it_is_and_draws_its_users) {
  Scene scene;
  const auto known = scene.task(), user = scene.task({known}), nowhere_yet = scene.task();
  Homes homes{1, undivided, nowhere};
  divide({scene.graph, {}, {}, scene.lanes, 0}, homes);
  BOOST_TEST(homes[known] == 1u);
  BOOST_TEST(homes[user] == 1u);
  BOOST_TEST(homes[nowhere_yet] == nowhere);
}

BOOST_AUTO_TEST_SUITE_END()
