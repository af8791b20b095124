// Many seeds of coordinator and nodes together: whatever order messages take and whoever dies, every future ends once, what is
// wanted exists, and what nobody wants is gone.
#include "world.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::test;
using tessera::runtime::protocol::FutureState;

namespace {
/// Of the seeds: all, or a third of them where invariants are checked after each step, with sanitizers around (it took two minutes).
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t part = 3;
#else
constexpr std::uint64_t part = 1;
#endif
/// Those up to `last`, and those that once showed a defect.
std::vector<std::uint64_t> seeds(std::uint64_t last, std::vector<std::uint64_t> defects = {}) {
  for (std::uint64_t seed = 1; seed <= last / part; ++seed) defects.push_back(seed);
  return defects;
}
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
/// Every future ends well, and with the last handle everything goes.
void all_end_and_nothing_is_left(World& world, const std::vector<Wanted>& all) {
  world.run_to_rest();
  for (const Wanted& wanted : all)
    for (const Key& key : wanted.keys) BOOST_REQUIRE_MESSAGE(world.state(key) == FutureState::finished, world.why(key));
  world.check();
  for (const Wanted& wanted : all)
    for (const Key& key : wanted.keys) BOOST_REQUIRE_MESSAGE(world.fetch(key), world.why(key));
  for (const Wanted& wanted : all)
    for (const Key& key : wanted.keys) world.release(key);
  world.run_to_rest();
  world.check();
  BOOST_REQUIRE(world.counts().records == 0u);
  BOOST_REQUIRE(world.held() == 0u);
  BOOST_REQUIRE(world.booked().value == 0u);
  BOOST_TEST(!world.counts().nonsense.any(), world.counts().nonsense.text());
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_cluster_random)

BOOST_AUTO_TEST_CASE(every_future_ends_and_nothing_is_left_behind) {
  for (const std::uint64_t seed : seeds(150)) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .policy = seed % 3 == 0 ? "random" : seed % 3 == 1 ? "locality" : "round_robin"});
      for (std::uint64_t n = 1 + seed % 3; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      std::vector<Wanted> all;
      for (std::uint32_t i = 0; i < 3; ++i) {
        all.push_back(submit_random(world, 60, i, 0));
        world.run(world.rng().below(200));
      }
      all_end_and_nothing_is_left(world, all);
    }
  }
}

BOOST_AUTO_TEST_CASE(W1_W2_W3_results_survive_the_death_of_nodes) {
  // 1626: a holder made the result just after it had told a peer that it has none. 2669: a suspect waited for what another suspect makes.
  for (const std::uint64_t seed : seeds(300, {1626, 2669})) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .window = 16});
      for (int n = 0; n < 3; ++n) world.add_node(2);
      std::vector<Wanted> all{submit_random(world, 80, 0, 0), submit_random(world, 80, 1, 0)};
      for (int deaths = 0; deaths < 2; ++deaths) {
        world.run(world.rng().below(400));
        world.kill(world.some_node());
      }
      if (seed % 2 == 0) world.add_node(1);
      all_end_and_nothing_is_left(world, all);
    }
  }
}

BOOST_AUTO_TEST_CASE(E5_failures_with_retries_cancels_and_releases_leave_nothing_behind) {
  for (const std::uint64_t seed : seeds(200)) {
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

// Nobody tells a policy of its mistakes: what it cannot place, or leaves lying, the coordinator places.
BOOST_AUTO_TEST_CASE(every_policy_brings_every_job_to_its_end_whoever_dies_or_fails) {
  const std::vector<std::string> names = policy::names();
  for (const std::uint64_t seed : seeds(20 * names.size())) {
    const std::string& name = names[seed % names.size()];
    BOOST_TEST_CONTEXT("seed " << seed << ", " << name) {
      World world({.seed = seed, .policy = name, .fail_percent = static_cast<std::uint32_t>(seed % 7 == 0 ? 3 : 0), .window = 16});
      for (std::uint64_t n = 1 + seed / names.size() % 3; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      std::vector<Wanted> all;
      for (std::uint32_t i = 0; i < 3; ++i) {
        all.push_back(submit_random(world, 60, i, 3));
        world.run(world.rng().below(200));
        if (i == 1 && world.nodes() > 1) world.kill(world.some_node());
        if (i == 1 && seed % 2 == 0) world.add_node(2);
      }
      world.run_to_rest();
      world.check();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) BOOST_REQUIRE_MESSAGE(world.state(key) == FutureState::finished || seed % 7 == 0, world.why(key));
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) world.release(key);
      world.run_to_rest();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(M1_M6_little_memory_and_a_disk_finish_what_much_memory_does) {
  std::uint64_t spills = 0, loads = 0;
  const std::vector<std::string> names = policy::names();
  // 131: what a peer pulled was unloaded before it could be taken, for ever.
  for (const std::uint64_t seed : seeds(300, {131})) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      // A task with three inputs of 199 bytes and its own of as much, and scratch, fits; few more do.
      World world({.seed = seed, .policy = names[seed / 2 % names.size()], .limit = Bytes{860 + 100 * (seed % 5)}, .spills = true});
      for (std::uint64_t n = 1 + seed % 3; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      std::vector<Wanted> all{submit_random(world, 80, 0, 0), submit_random(world, 80, 1, 0)};
      all_end_and_nothing_is_left(world, all);
      spills += world.spills, loads += world.loads;
    }
  }
  BOOST_TEST(spills > 1000u / part);
  BOOST_TEST(loads > 1000u / part);
}

BOOST_AUTO_TEST_CASE(M4_M5_bad_files_full_disks_and_dying_nodes_lose_nothing_that_can_be_made_again) {
  for (const std::uint64_t seed : seeds(300)) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .limit = Bytes{1200}, .window = 16, .spills = true, .corrupt_percent = 3, .disk_full_percent = 10});
      for (int n = 0; n < 3; ++n) world.add_node(2);
      std::vector<Wanted> all{submit_random(world, 60, 0, 2), submit_random(world, 60, 1, 2)};
      world.run(world.rng().below(400));
      world.kill(world.some_node());
      all_end_and_nothing_is_left(world, all);
    }
  }
}

BOOST_AUTO_TEST_CASE(M9_W1_W3_what_is_made_again_rather_than_written_is_there_for_who_needs_it_whoever_dies) {
  std::uint64_t evictions = 0, spills = 0;
  // 753: a copy that was dropped while it was reported, of a result that had been evicted twice.
  for (const std::uint64_t seed : seeds(300, {753})) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .policy = seed % 3 == 0 ? "random" : "locality", .limit = Bytes{860 + 100 * (seed % 5)}, .window = 16, .spills = true,
                   .corrupt_percent = static_cast<std::uint32_t>(seed % 4), .disk_full_percent = static_cast<std::uint32_t>(seed % 10), .cheap_percent = 70});
      for (std::uint64_t n = 2 + seed % 3; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      std::vector<Wanted> all{submit_random(world, 80, 0, 2), submit_random(world, 80, 1, 2)};
      world.run(world.rng().below(400));
      if (seed % 2 == 0) world.kill(world.some_node());
      all_end_and_nothing_is_left(world, all);
      evictions += world.counts().evictions, spills += world.spills;
    }
  }
  BOOST_TEST(evictions > 1000u / part);
  BOOST_TEST(spills > 1000u / part);
}

BOOST_AUTO_TEST_CASE(M9_what_is_finished_stays_so_whatever_it_was_made_of_is_cancelled) {
  std::uint64_t evictions = 0, cancels = 0;
  for (const std::uint64_t seed : seeds(300, {1015, 1120})) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .limit = Bytes{860 + 100 * (seed % 5)}, .window = 16, .spills = true, .cheap_percent = 100});
      for (std::uint64_t n = 1 + seed % 2; n > 0; --n) world.add_node(1 + static_cast<std::uint32_t>(seed % 3));
      const Wanted all = submit_random(world, 80, 0, 0);
      std::set<Key> finished, cancelled;
      for (int round = 0; round < 3; ++round) {
        world.run(world.rng().below(300));
        for (const Key& key : all.keys)
          if (world.state(key) == FutureState::finished) finished.insert(key);
        for (const Key& key : all.keys)
          if (finished.contains(key) && world.rng().below(4) == 0) world.cancel(key), finished.erase(key), cancelled.insert(key);
      }
      world.run_to_rest();
      world.check();
      for (const Key& key : finished) BOOST_REQUIRE_MESSAGE(world.fetch(key), world.why(key));
      for (const Key& key : cancelled) BOOST_REQUIRE(world.state(key) == FutureState::cancelled);
      for (const Key& key : all.keys) world.release(key);
      world.run_to_rest();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
      evictions += world.counts().evictions, cancels += cancelled.size();
    }
  }
  BOOST_TEST(evictions > 1000u / part);
  BOOST_TEST(cancels > 500u / part);
}

BOOST_AUTO_TEST_CASE(M9_without_a_disk_what_can_be_made_again_makes_room_or_the_error_says_that_memory_is_short) {
  std::uint64_t evictions = 0, finished = 0, failed = 0;
  for (const std::uint64_t seed : seeds(300)) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .limit = Bytes{1400 + 100 * (seed % 10)}, .window = 16, .cheap_percent = static_cast<std::uint32_t>(seed % 101)});
      for (std::uint64_t n = 1 + seed % 3; n > 0; --n) world.add_node(2);
      std::vector<Wanted> all{submit_random(world, 60, 0, 0), submit_random(world, 60, 1, 0)};
      world.run(world.rng().below(400));
      if (seed % 5 == 0 && world.nodes() > 1) world.kill(world.some_node());
      world.run_to_rest();
      world.check();
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) {
          if (world.state(key) == FutureState::finished && ++finished) continue;
          BOOST_REQUIRE_MESSAGE(world.state(key) == FutureState::error, world.why(key));
          BOOST_REQUIRE(world.update(key).blame->code == ErrorCode::out_of_memory);
          ++failed;
        }
      evictions += world.counts().evictions;
      for (const Wanted& wanted : all)
        for (const Key& key : wanted.keys) world.release(key);
      world.run_to_rest();
      BOOST_REQUIRE(world.counts().records == 0u);
      BOOST_REQUIRE(world.held() == 0u);
      BOOST_REQUIRE(world.booked().value == 0u);
    }
  }
  BOOST_TEST(evictions > 1000u / part);
  BOOST_TEST(finished > failed);
}

BOOST_AUTO_TEST_CASE(M9_passes_over_more_generated_data_than_fits_need_no_disk) {
  for (const std::uint64_t seed : seeds(100)) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world({.seed = seed, .limit = Bytes{1000}, .window = 16});
      world.add_node(1 + static_cast<std::uint32_t>(seed % 2));
      constexpr std::uint32_t blocks = 30, passes = 12;  // More passes than a block may be dropped without use.
      std::vector<Wanted> all;
      for (std::uint32_t pass = 0; pass <= passes; ++pass) {
        graph::Builder builder;
        std::vector<graph::Index> wants;
        for (std::uint32_t i = 0; i < blocks; ++i) {  // All blocks are wanted; of a pass over them, one chain, its end.
          const std::uint32_t params[] = {pass, i};
          std::vector<graph::Index> inputs;
          if (pass > 0) inputs.push_back(builder.external(all.front().keys[i]));
          if (pass > 0 && i > 0) inputs.push_back(wants.back()), wants.clear();
          wants.push_back(builder.add(builder.operation("work"), inputs, std::as_bytes(std::span(params)), builder.options({})));
        }
        graph::Graph graph = *builder.build();
        all.emplace_back();
        for (const graph::Index want : wants) all.back().keys.push_back(graph.tasks[want].key);
        world.submit(std::move(graph), wants);
        world.run_to_rest();
        for (const Key& key : all.back().keys) BOOST_REQUIRE_MESSAGE(world.state(key) == FutureState::finished, world.why(key));
        if (pass == 0) continue;
        for (const Key& key : all.back().keys) world.release(key);
        all.pop_back();
      }
      BOOST_TEST(world.counts().evictions > blocks * passes / 2);
      all_end_and_nothing_is_left(world, all);
    }
  }
}

BOOST_AUTO_TEST_CASE(O7_the_same_seed_gives_the_same_run) {
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
