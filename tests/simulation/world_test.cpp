#include "graphs.hpp"
#include "simulation/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::simulation;
namespace runtime = tessera::runtime;
using tessera::runtime::mib;

BOOST_AUTO_TEST_SUITE(simulation_world)

BOOST_AUTO_TEST_CASE(a_run_ends_with_all_that_is_wanted_and_counts_what_it_took) {
  const Workload workload = kept(16, 10);
  const Machines its = machines(1, 1000, true);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.executions == 16u);
  BOOST_TEST(outcome.peak_chunks.value == mib(160).value);
  BOOST_TEST(outcome.peak.value == mib(170).value);
  BOOST_TEST(outcome.spilled.value + outcome.loaded.value + outcome.moved.value + outcome.read.value == 0u);
  BOOST_TEST(outcome.makespan.ns > 0);
}

// Node 1 computes; nodes 2 and 3 hold 10 MiB each, at 10 MiB/s of each node.
BOOST_AUTO_TEST_CASE(transfers_share_what_a_node_receives_and_those_of_one_source_go_one_after_the_other) {
  const auto seconds = [](std::uint32_t first, std::uint32_t second, double up_of_the_first) {
    Sketch sketch;
    const auto sum = sketch.task(0, {sketch.external(10, first), sketch.external(10, second)});
    const Workload workload = sketch.workload({sum});
    Machines its = machines(3, 1000, false);
    for (std::uint32_t node : {1, 2}) its.nodes[node].lanes = 0;
    its.nodes[first].up = up_of_the_first * mib(1).value;
    its.speeds = {.network = 10.0 * mib(1).value, .task = {}, .message = {}};
    its.speeds.lane = 1e18;
    const Outcome outcome = World(workload, its).run();
    BOOST_TEST(outcome.is_done, outcome.why);
    return static_cast<double>(outcome.makespan.ns) * 1e-9;
  };
  BOOST_TEST(seconds(1, 2, 0) == 2, boost::test_tools::tolerance(1e-6));  // Both have half of what node 1 receives.
  BOOST_TEST(seconds(1, 1, 0) == 2, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(seconds(1, 2, 2) == 5, boost::test_tools::tolerance(1e-6));  // The slower one has its 2 MiB/s, the other the rest.
}

// Node 1 makes two results of 10 MiB, one a millisecond after the other. At 10 MiB/s node 2 gets that of its long task first, so that the short one waits.
BOOST_AUTO_TEST_CASE(of_two_results_the_one_that_is_needed_first_comes_first_even_if_it_is_made_a_millisecond_later) {
  const auto seconds = [](std::int64_t first_ms, std::int64_t second_ms) {
    runtime::graph::Builder builder;
    Workload workload;
    const auto task = [&](std::int64_t ms, std::uint64_t output_mib, const char* where, const std::vector<runtime::graph::Index>& inputs) {
      const std::uint32_t number[] = {static_cast<std::uint32_t>(workload.costs.size())};
      workload.costs.push_back({mib(output_mib), {}, {}, true, runtime::milliseconds(ms)});
      return builder.add(builder.operation("work"), inputs, std::as_bytes(std::span(number)), builder.options({0, 0, runtime::graph::Effects::idempotent, {{where, 1}}}));
    };
    const auto first = task(first_ms, 10, "source", {}), second = task(second_ms, 10, "source", {});
    const auto first_user = task(1000, 0, "sink", {first}), second_user = task(100, 0, "sink", {second});
    workload.graph = std::make_shared<const runtime::graph::Graph>(*builder.build());
    workload.wanted = {first_user, second_user};
    Machines its = machines(2, 1000, false);
    its.nodes[0].resources = {{"source", 2}}, its.nodes[1].resources = {{"sink", 1}}, its.nodes[1].lanes = 1;
    its.speeds = {.network = 10.0 * mib(1).value, .task = {}, .message = {}};
    const Outcome outcome = World(workload, its).run();
    BOOST_TEST(outcome.is_done, outcome.why);
    return static_cast<double>(outcome.makespan.ns) * 1e-9;
  };
  BOOST_TEST(seconds(1000, 1001) == 3.1, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(seconds(1001, 1000) == 3.101, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_value_that_is_small_comes_with_the_message_that_offers_it) {
  Workload workload{nullptr, {}, {}, {}};
  tessera::runtime::graph::Builder builder;
  const auto small = builder.external(tessera::runtime::graph::named_key("small"));
  const auto task = builder.add(builder.operation("work"), std::vector{small}, {}, builder.options({0, 0, tessera::runtime::graph::Effects::idempotent, {}}));
  workload = {std::make_shared<const tessera::runtime::graph::Graph>(*builder.build()), {task}, {{}}, {{{4096}, 1}}};
  Machines its = machines(2, 1000, false);
  its.nodes[1].lanes = 0;
  its.speeds = {.network = 1, .task = {}, .message = tessera::runtime::milliseconds(1)};
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.makespan.ns < 10'000'000);
  BOOST_TEST(outcome.moved.value == 4096u);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_goes_to_disk_and_the_limit_holds) {
  const Machines its = machines(1, 120, true);
  const Workload workload = kept(32, 10);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.peak.value <= mib(110).value);  // Less the margin.
  BOOST_TEST(outcome.spilled.value >= mib(220).value);
  BOOST_TEST(outcome.spilled.value <= mib(240).value);
}

BOOST_AUTO_TEST_CASE(M9_what_is_cheaper_to_make_again_goes_to_no_disk) {
  const Machines its = machines(1, 120, true);
  const Workload workload = kept(32, 10, tessera::runtime::graph::Effects::pure);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.spilled.value == 0u);
  BOOST_TEST(outcome.executions == 32u);  // Nobody has asked for what made room.
}

// Each block is made of one that is read, and used twice, the second time after all are.
BOOST_AUTO_TEST_CASE(M9_what_is_cheaper_to_make_again_with_its_inputs_hardly_goes_to_disk) {
  const auto run = [](tessera::runtime::graph::Effects effects) {
    Sketch sketch(effects);
    std::vector<Sketch::Index> blocks, sums, ends;
    for (int i = 0; i < 32; ++i) {
      blocks.push_back(sketch.task(10, {sketch.task(10)}));
      sums.push_back(sketch.task(0, {blocks.back()}));
    }
    const auto sum = sketch.task(0, sums);
    for (const auto block : blocks) ends.push_back(sketch.task(0, {block, sum}));
    const Workload workload = sketch.workload(ends);
    const Outcome outcome = World(workload, machines(1, 120, true)).run();
    BOOST_TEST(outcome.is_done, outcome.why);
    return outcome;
  };
  const Outcome dropped = run(tessera::runtime::graph::Effects::pure), written = run(tessera::runtime::graph::Effects::idempotent);
  BOOST_TEST(written.spilled.value >= mib(220).value);
  BOOST_TEST(dropped.spilled.value < written.spilled.value / 4);  // What a task that waits names is written.
  BOOST_TEST((dropped.makespan < written.makespan));
  BOOST_TEST(written.executions == 32u * 4 + 1);
  BOOST_TEST(dropped.executions <= 32u * 8 + 1);
}

BOOST_AUTO_TEST_CASE(O6_a_stream_takes_little_memory_and_no_disk) {
  const Machines its = machines(1, 120, true);
  const Workload workload = stream(200, 10);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.spilled.value == 0u);
}

BOOST_AUTO_TEST_CASE(O6_what_its_consumers_cannot_follow_waits_in_no_memory_and_on_no_disk) {
  Machines its = machines(1, 120, true);
  its.speeds.lane = 1e9;
  Sketch sketch;
  Sketch::Index sum = sketch.task(0, {sketch.task(10)}, 60);  // Its scratch makes it slow.
  for (int i = 1; i < 100; ++i) sum = sketch.task(0, {sum, sketch.task(10)}, 60);
  const Workload workload = sketch.workload({sum});
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.spilled.value == 0u);
}

BOOST_AUTO_TEST_CASE(what_others_hold_takes_room_and_goes_to_disk_where_it_is_needed) {
  const Machines its = machines(1, 120, true);
  Workload workload = stream(20, 10);
  workload.held.push_back({mib(40), 0});
  const Outcome beside = World(workload, its).run();
  BOOST_TEST(beside.is_done, beside.why);
  BOOST_TEST(beside.spilled.value == 0u);
  workload.held.front().size = mib(400);
  const Outcome full = World(workload, its).run();
  BOOST_TEST(full.is_done, full.why);
  BOOST_TEST(full.spilled.value > 0u);
  BOOST_TEST(full.spilled.value < mib(100).value);  // The rest of it lies there before.
  BOOST_TEST((full.peak <= mib(120)));
}

BOOST_AUTO_TEST_CASE(durations_that_vary_are_the_same_for_the_same_seed_and_others_for_another) {
  Machines its = machines(1, 120, true);
  const Workload workload = stream(50, 10);
  const Duration even = World(workload, its).run().makespan;
  its.spread = 4;
  const Duration one = World(workload, its).run().makespan, again = World(workload, its).run().makespan;
  its.seed = 2;
  const Duration other = World(workload, its).run().makespan;
  BOOST_TEST((one == again && one != other && one != even));
}

BOOST_AUTO_TEST_CASE(M3_what_can_never_fit_says_why) {
  Sketch sketch;
  const auto large = sketch.task(100, {}, 50);
  const Workload workload = sketch.workload({large});
  const Machines its = machines(1, 120, true);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(!outcome.is_done);
  BOOST_TEST(outcome.why.find("it needs 150.0 MiB at once") != std::string::npos, outcome.why);
}

BOOST_AUTO_TEST_CASE(without_a_disk_what_must_be_kept_and_does_not_fit_ends_with_the_numbers) {
  const Workload workload = kept(32, 10);
  const Machines its = machines(1, 120, false);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(!outcome.is_done);
  BOOST_TEST(outcome.why.find("there is no folder to spill to") != std::string::npos, outcome.why);
}

BOOST_AUTO_TEST_CASE(what_lies_on_another_node_is_moved_once) {
  Sketch sketch;
  const auto a = sketch.external(30, 0), b = sketch.external(50, 1);
  const auto sum = sketch.task(1, {a, b});
  const Workload workload = sketch.workload({sum});
  const Machines its = machines(2, 1000, true);
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.moved.value == mib(30).value);  // To where more of it lies.
}

BOOST_AUTO_TEST_CASE(what_a_program_has_is_moved_to_nodes_and_its_own_memory_is_not_asked_about) {
  Sketch sketch;
  std::vector<Sketch::Index> sums;
  for (int i = 0; i < 8; ++i) sums.push_back(sketch.task(1, {sketch.external(30, 2)}));
  const Workload workload = sketch.workload(sums);
  Machines its = machines(2, 150, true);
  its.nodes.push_back({0, mib(100'000), mib(10), true, {}});
  const Outcome outcome = World(workload, its).run();
  BOOST_TEST(outcome.is_done, outcome.why);
  BOOST_TEST(outcome.moved.value == mib(240).value);
  BOOST_TEST(outcome.peak.value <= mib(150).value);
}

BOOST_AUTO_TEST_CASE(a_tree_on_two_nodes_moves_one_result_whatever_its_tasks_take) {
  Sketch sketch;
  std::vector<Sketch::Index> level;
  for (int i = 0; i < 32; ++i) level.push_back(sketch.task(4));
  while (level.size() > 1) {
    std::vector<Sketch::Index> next;
    for (std::size_t i = 0; i < level.size(); i += 2) next.push_back(sketch.task(4, {level[i], level[i + 1]}));
    level = next;
  }
  const Workload workload = sketch.workload(level);
  Machines its = machines(2, 1000, true, 1);
  for (its.seed = 1; its.seed <= 8; ++its.seed) {
    its.spread = its.seed == 1 ? 1 : 4;
    const Outcome outcome = World(workload, its).run();
    BOOST_TEST(outcome.is_done, outcome.why);
    BOOST_TEST(outcome.moved.value == mib(4).value);
  }
}

BOOST_AUTO_TEST_CASE(O7_the_same_workload_machines_and_seed_give_the_same_run) {
  const Workload workload = kept(64, 7);
  for (const char* policy : {"locality", "random", "round_robin"}) {
    Machines its = machines(3, 120, true);
    its.policy = policy;
    const Outcome a = World(workload, its).run(), b = World(workload, its).run();
    BOOST_TEST(a.is_done, a.why);
    BOOST_TEST((a.makespan == b.makespan && a.peak == b.peak && a.spilled == b.spilled && a.moved == b.moved));
  }
}

BOOST_AUTO_TEST_SUITE_END()
