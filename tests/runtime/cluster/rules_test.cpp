// Rules that only coordinator and nodes together can keep, in small scenes over the seeded network.
#include "world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tessera::test;
using tessera::runtime::protocol::FutureState;

namespace {
/// Graphs of numbered tasks.
struct Scene {
  graph::Builder builder;
  std::vector<graph::Index> all;
  std::vector<Key> keys;
  std::uint32_t salt = 0;

  explicit Scene(std::uint32_t its) : salt(its) {}
  graph::Index add(std::vector<graph::Index> inputs = {}, graph::Options options = {}) {
    const std::uint32_t params[] = {salt, static_cast<std::uint32_t>(all.size())};
    all.push_back(builder.add(builder.operation("work"), inputs, std::as_bytes(std::span(params)), builder.options(options)));
    keys.push_back(builder.key(all.back()));
    return all.back();
  }
  graph::Graph build() { return std::move(*builder.build()); }
};
graph::Options priority(std::int32_t value) {
  graph::Options options;
  options.priority = value;
  return options;
}
graph::Options effects(graph::Effects which) {
  graph::Options options;
  options.effects = which;
  return options;
}
/// Submits one task of its own and gives its key.
Key submit_one(World& world, std::uint32_t salt, graph::Options options = {}) {
  Scene scene(salt);
  scene.add({}, options);
  world.submit(scene.build(), scene.all);
  return scene.keys[0];
}
void expect_clean(World& world) {
  world.check();
  BOOST_REQUIRE(world.counts().records == 0u);
  BOOST_REQUIRE(world.held() == 0u);
  BOOST_REQUIRE(world.booked().value == 0u);
}
constexpr std::uint64_t seeds = 40;
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_cluster_rules)

BOOST_AUTO_TEST_CASE(S3_the_invariants_hold_after_every_step) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .fail_percent = 3, .limit = Bytes{3000}});
      world.add_node(2), world.add_node(1);
      std::vector<graph::Index> wants;
      graph::Graph graph = random_graph(world.rng(), 60, 0, 2);
      for (graph::Index i = 0; i < 60; i += 7) wants.push_back(i);
      world.submit(std::move(graph), wants);
      for (int i = 0; i < 3000 && world.step(); ++i) {
        world.check();
        for (std::uint32_t id = 1; id <= 2; ++id) {
          const auto& ledger = world.node(NodeId{id}).ledger();
          BOOST_REQUIRE(ledger.reserved().value <= 3000u);
        }
        if (i == 100) world.kill(NodeId{2}), world.add_node(1), i = 101;
        if (i > 100) break;
      }
      world.run_to_rest();
      world.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(O1_priority_then_age_then_graph_order_on_one_lane) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.lanes_held = true;
    world.add_node(1);
    const Key blocker = submit_one(world, 99);
    world.run();
    Scene first(1), second(2);
    for (std::int32_t i = 0; i < 5; ++i) first.add({}, priority(i % 2));
    for (std::int32_t i = 0; i < 3; ++i) second.add({}, priority(i == 1 ? 2 : 0));
    world.submit(first.build(), first.all);
    world.submit(second.build(), second.all);
    world.run();
    world.lanes_held = false;
    world.run_to_rest();
    const std::vector<Key> expected{blocker, second.keys[1], first.keys[1], first.keys[3], first.keys[0], first.keys[2],
                                    first.keys[4], second.keys[0], second.keys[2]};
    BOOST_TEST((world.order() == expected), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(O2_equal_priority_is_first_in_first_out_at_any_speed_of_submission) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.add_node(1);
    std::vector<Key> submitted;
    for (std::uint32_t i = 0; i < 60; ++i) {
      submitted.push_back(submit_one(world, i));
      world.run(world.rng().below(6));
    }
    world.run_to_rest();
    BOOST_TEST((world.order() == submitted), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(O3_the_tasks_of_one_map_start_in_order_on_one_lane) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed, .window = 4});
    world.add_node(1);
    Scene map(1);
    for (int i = 0; i < 100; ++i) map.add();
    const std::vector<Key> keys = map.keys;
    world.submit(map.build(), map.all);
    world.run_to_rest();
    BOOST_TEST((world.order() == keys), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(O5_children_run_before_the_next_parents) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.lanes_held = true;
    world.add_node(1);
    Scene parents(1), children(2);
    for (int i = 0; i < 4; ++i) parents.add();
    const graph::Index a = children.add(), b = children.add({a});
    const std::vector<Key> inner = children.keys;
    world.delegating[parents.keys[0]] = {std::make_shared<const graph::Graph>(children.build()), b};
    const std::vector<Key> outer = parents.keys;
    world.submit(parents.build(), parents.all);
    // Messages are faster than lanes here, so that only rank decides.
    for (std::size_t ended = 0; ended < 6; ++ended) {
      world.lanes_held = true;
      world.run();
      world.lanes_held = false;
      while (world.order().size() == ended) BOOST_REQUIRE(world.step());
    }
    world.run_to_rest();
    // The second parent was on the lane when the first one's children became known; the first's own result follows theirs.
    const std::vector<Key> expected{outer[0], outer[1], inner[0], inner[1], outer[0], outer[2], outer[3]};
    BOOST_TEST((world.order() == expected), "seed " << seed);
    for (const Key& key : outer) BOOST_TEST((world.state(key) == FutureState::finished));
  }
}

BOOST_AUTO_TEST_CASE(O6_a_map_and_its_reduction_hold_few_results_at_once) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    World world({.seed = seed, .window = 8});
    world.add_node(1);
    Scene tree(1);
    std::vector<graph::Index> level;
    for (int i = 0; i < 256; ++i) level.push_back(tree.add());
    while (level.size() > 1) {
      std::vector<graph::Index> above;
      for (std::size_t i = 0; i < level.size(); i += 2) above.push_back(tree.add({level[i], level[i + 1]}));
      level = above;
    }
    world.submit(tree.build(), {level[0]});
    std::size_t most = 0;
    while (world.step()) most = std::max<std::size_t>(most, world.resident().value / 100);
    BOOST_TEST(most <= 48u, "seed " << seed << ": " << most);  // 256 leaves; a breadth-first order holds all of them.
  }
}

BOOST_AUTO_TEST_CASE(O7_one_lane_and_one_seed_give_one_order) {
  const auto order = [](std::uint64_t seed) {
    World world({.seed = seed});
    world.add_node(1);
    graph::Graph graph = random_graph(world.rng(), 150, 3);
    world.submit(std::move(graph), {149});
    world.run_to_rest();
    return world.order();
  };
  for (std::uint64_t seed = 1; seed <= 5; ++seed) BOOST_TEST((order(seed) == order(seed)));
}

BOOST_AUTO_TEST_CASE(C1_what_was_cancelled_before_it_started_never_runs) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.lanes_held = true;
    world.add_node(1);
    Scene scene(1);
    const graph::Index first = scene.add(), next = scene.add({first});
    scene.add({next}), scene.add();
    const std::vector<Key> keys = scene.keys;
    world.submit(scene.build(), scene.all);
    world.run();  // `first` is on the lane, the others wait at the node or here.
    world.cancel(keys[1]);
    world.run();  // The cancel reaches the node before the lane ends: else they may have started.
    world.lanes_held = false;
    world.run_to_rest();
    BOOST_TEST(world.runs(keys[1]) + world.runs(keys[2]) == 0u);
    BOOST_TEST((world.state(keys[0]) == FutureState::finished && world.state(keys[3]) == FutureState::finished));
    BOOST_TEST((world.state(keys[1]) == FutureState::cancelled && world.state(keys[2]) == FutureState::cancelled));
    for (const Key& key : keys) world.release(key);
    world.run_to_rest();
    expect_clean(world);
  }
}

BOOST_AUTO_TEST_CASE(C3_the_result_of_a_task_that_was_cancelled_while_it_ran_is_discarded) {
  World world({.seed = 1});
  world.lanes_held = true;
  world.add_node(1);
  const Key key = submit_one(world, 1), behind = submit_one(world, 2);
  world.run();
  world.cancel(key);
  world.run();
  BOOST_TEST((world.state(key) == FutureState::cancelled));
  BOOST_TEST(world.running() == 1u);  // It still has the only lane.
  world.lanes_held = false;
  world.run_to_rest();
  BOOST_TEST(world.runs(key) == 1u);
  BOOST_TEST((world.state(key) == FutureState::cancelled && world.state(behind) == FutureState::finished));
  world.release(key), world.release(behind);
  world.run_to_rest();
  expect_clean(world);
}

BOOST_AUTO_TEST_CASE(C5_a_task_whose_last_handle_is_dropped_before_it_starts_is_not_run) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.lanes_held = true;
    world.add_node(1);
    const Key runs = submit_one(world, 1), waits = submit_one(world, 2);
    world.run(world.rng().below(5));
    world.release(waits);
    world.run();
    world.lanes_held = false;
    world.run_to_rest();
    BOOST_TEST(world.runs(waits) == 0u);
    BOOST_TEST(world.runs(runs) == 1u);
    world.release(runs);
    world.run_to_rest();
    expect_clean(world);
  }
}

BOOST_AUTO_TEST_CASE(C6_cancelling_a_job_gives_its_memory_back_with_the_messages_under_way_and_the_kernels_that_run) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed, .window = 16});
    world.add_node(2), world.add_node(2);
    const Key before = submit_one(world, 1);
    world.run_to_rest();
    const std::uint64_t level = world.booked().value;
    graph::Graph graph = random_graph(world.rng(), 200, 7);
    std::vector<graph::Index> wants;
    std::vector<Key> keys;
    for (graph::Index i = 0; i < 200; ++i) wants.push_back(i), keys.push_back(graph.tasks[i].key);
    world.submit(std::move(graph), wants);
    world.run(300);
    BOOST_TEST(world.booked().value > level);
    for (const Key& key : keys) world.cancel(key);
    world.run();  // No tick, no release: only what is under way comes to its end.
    BOOST_TEST(world.booked().value == level, "seed " << seed);
    BOOST_TEST((world.state(before) == FutureState::finished));
  }
}

BOOST_AUTO_TEST_CASE(K8_what_has_effects_runs_at_most_once_whoever_dies) {
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    World world({.seed = seed, .window = 16});
    for (int n = 0; n < 3; ++n) world.add_node(1);
    Scene scene(1);
    std::vector<Key> once;
    for (int i = 0; i < 40; ++i) {
      std::vector<graph::Index> inputs;
      for (std::uint64_t n = i == 0 ? 0 : world.rng().below(3); n > 0; --n)
        inputs.push_back(static_cast<graph::Index>(world.rng().below(static_cast<std::uint64_t>(i))));
      const bool has = world.rng().below(3) == 0;
      scene.add(inputs, effects(has ? graph::Effects::once : graph::Effects::pure));
      if (has) once.push_back(scene.keys.back());
    }
    const std::vector<Key> keys = scene.keys;
    world.submit(scene.build(), {scene.all.begin() + 20, scene.all.end()});
    world.run(world.rng().below(200));
    world.kill(world.some_node());
    world.run(world.rng().below(100));
    world.kill(world.some_node());
    world.run_to_rest();
    for (const Key& key : once) BOOST_REQUIRE_MESSAGE(world.runs(key) <= 1u, "seed " << seed);
    for (std::size_t i = 20; i < keys.size(); ++i) {
      BOOST_REQUIRE((world.state(keys[i]) == FutureState::finished || world.state(keys[i]) == FutureState::lost));
      lost += world.state(keys[i]) == FutureState::lost;
      world.release(keys[i]);
    }
    world.run_to_rest();
    expect_clean(world);
  }
  BOOST_TEST(lost > 0u);
}

BOOST_AUTO_TEST_CASE(W1_only_sole_copies_that_are_wanted_run_again) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .policy = "round_robin"});
      const NodeId first = world.add_node(1), second = world.add_node(1);
      Scene four(1);
      for (int i = 0; i < 4; ++i) four.add();
      four.add({0, 1});  // Where it runs, a copy of the other node's result comes to be.
      const std::vector<Key> keys = four.keys;
      world.submit(four.build(), four.all);
      world.run_to_rest();
      world.release(keys[3]);
      world.run_to_rest();
      std::vector<bool> sole;
      for (const Key& key : keys)
        sole.push_back(world.node(first).find_resident({key, JobId{1}}) != node::nil &&
                       world.node(second).find_resident({key, JobId{1}}) == node::nil);
      world.kill(first);
      world.run_to_rest();
      for (std::size_t i = 0; i < keys.size(); ++i)
        BOOST_TEST(world.runs(keys[i]) == (i != 3 && sole[i] ? 2u : 1u), "task " << i);
      BOOST_TEST(std::ranges::count(sole, true) >= 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(W2_freed_ancestors_of_what_is_lost_run_again_and_nothing_else) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    const NodeId first = world.add_node(1);
    Scene scene(1);
    const graph::Index a = scene.add(), b = scene.add({a}), side = scene.add({a}), apart = scene.add(), last = scene.add({b});
    const std::vector<Key> keys = scene.keys;
    world.submit(scene.build(), {last, side, apart});
    world.run_to_rest();
    world.release(keys[side]), world.release(keys[apart]);
    world.run_to_rest();
    world.add_node(1);
    world.kill(first);
    world.run_to_rest();
    for (const graph::Index again : {a, b, last}) BOOST_TEST(world.runs(keys[again]) == 2u);
    for (const graph::Index not_again : {side, apart}) BOOST_TEST(world.runs(keys[not_again]) == 1u);
    BOOST_TEST((world.state(keys[last]) == FutureState::finished));
  }
}

BOOST_AUTO_TEST_CASE(W3_whoever_waits_for_a_lost_key_is_told_of_no_error) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world({.seed = seed});
    world.add_node(1), world.add_node(1);
    graph::Graph graph = random_graph(world.rng(), 40, 1);
    const Key key = graph.tasks[39].key;
    world.submit(std::move(graph), {39});
    world.run(world.rng().below(150));
    world.kill(world.some_node());
    while (world.step()) BOOST_REQUIRE((world.state(key) == FutureState::pending || world.state(key) == FutureState::finished));
    world.run_to_rest();
    BOOST_TEST((world.state(key) == FutureState::finished));
  }
}

BOOST_AUTO_TEST_CASE(W5_a_killer_fails_and_what_queued_beside_it_finishes) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed});
      world.add_node(1), world.add_node(1);
      const Key killer = submit_one(world, 77, priority(1));
      Scene others(1);
      for (int i = 0; i < 20; ++i) others.add();
      const std::vector<Key> keys = others.keys;
      world.submit(others.build(), others.all);
      int deaths = 0;
      for (int i = 0; i < 20'000 && world.state(killer) == FutureState::pending; ++i) {
        if (const auto at = world.where(killer)) {
          world.add_node(1);
          world.kill(*at);
          ++deaths;
        } else if (!world.step()) {
          world.tick();
        }
      }
      BOOST_TEST(deaths == 4);
      BOOST_TEST((world.state(killer) == FutureState::error));
      world.run_to_rest();
      for (const Key& key : keys) BOOST_TEST((world.state(key) == FutureState::finished));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
