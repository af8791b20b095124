// Many seeds of coordinator and nodes together: whatever order messages take and whoever dies, every future ends once, what is
// wanted exists, and what nobody wants is gone.
#include "world.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::test;
using tessera::runtime::protocol::FutureState;

namespace {
struct Wanted {
  std::vector<Key> keys;
};
Wanted submit_random(World& world, std::uint32_t tasks, std::uint32_t salt, std::uint32_t retries) {
  graph::Graph graph = random_graph(world.rng(), tasks, salt, retries);
  std::vector<graph::Index> wants;
  Wanted wanted;
  for (graph::Index i = 0; i < tasks; ++i)
    if (world.rng().below(8) == 0 || i + 1 == tasks) wants.push_back(i), wanted.keys.push_back(graph.tasks[i].key);
  world.submit(std::move(graph), wants);
  return wanted;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_cluster_random)

BOOST_AUTO_TEST_CASE(every_future_ends_and_nothing_is_left_behind) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .policy = seed % 3 == 0 ? "random" : seed % 3 == 1 ? "locality" : "round_robin"});
      for (std::uint64_t n = 1 + seed % 3; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      std::vector<Wanted> all;
      for (std::uint32_t i = 0; i < 3; ++i) {
        all.push_back(submit_random(world, 60, i, 0));
        world.run(world.rng().below(200));
      }
      world.run_to_rest();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) BOOST_REQUIRE((world.state(key) == FutureState::finished));
      world.check();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) world.release(key);
      world.run_to_rest();
      world.check();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
      BOOST_REQUIRE(world.booked().value == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(w1_w2_w3_results_survive_the_death_of_nodes) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .window = 16});
      for (int n = 0; n < 3; ++n) world.add_node(2);
      std::vector<Wanted> all{submit_random(world, 80, 0, 0), submit_random(world, 80, 1, 0)};
      for (int deaths = 0; deaths < 2; ++deaths) {
        world.run(world.rng().below(400));
        world.kill(world.some_node());
      }
      if (seed % 2 == 0) world.add_node(1);
      world.run_to_rest();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) BOOST_REQUIRE((world.state(key) == FutureState::finished));
      world.check();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) world.release(key);
      world.run_to_rest();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
      BOOST_REQUIRE(world.booked().value == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(e5_failures_with_retries_cancels_and_releases_leave_nothing_behind) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .fail_percent = 5});
      world.add_node(2);
      world.add_node(1);
      const Wanted wanted = submit_random(world, 100, 0, 1);
      world.run(world.rng().below(300));
      for (int i = 0; i < 3; ++i) world.cancel(wanted.keys[world.rng().below(wanted.keys.size())]);
      world.run(100);
      world.retry(wanted.keys[world.rng().below(wanted.keys.size())]);
      world.run_to_rest();
      world.check();
      for (const Key& key : wanted.keys) BOOST_REQUIRE((world.state(key) != FutureState::pending));
      for (const Key& key : wanted.keys) world.release(key);
      world.run_to_rest();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
      BOOST_REQUIRE(world.booked().value == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(o7_the_same_seed_gives_the_same_run) {
  const auto trace = [](std::uint64_t seed) {
    World world({.seed = seed});
    world.add_node(2), world.add_node(2);
    submit_random(world, 200, 0, 0);
    world.run_to_rest();
    return std::pair(world.trace(), world.order());
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) BOOST_TEST((trace(seed) == trace(seed)));
  BOOST_TEST((trace(1).first != trace(2).first));
}

BOOST_AUTO_TEST_SUITE_END()
