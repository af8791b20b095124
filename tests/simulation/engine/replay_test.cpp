#include "simulation/engine/replay.hpp"

#include "tests/simulation/engine/cases.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tessera::simulation::engine;

BOOST_AUTO_TEST_SUITE(simulation_engine_replay)

BOOST_AUTO_TEST_CASE(an_input_is_moved_when_it_exists_and_its_task_is_assigned) {
  const Case what = pair_of_tasks();
  const auto apart = replay(what, {{0, {{0, 0, 0, 0}, {1, 1, 0, 0}}}}, {});
  BOOST_REQUIRE(bool(apart));
  BOOST_TEST(apart->makespan == 6);
  BOOST_TEST(apart->sum_task_end == 9);
  BOOST_TEST(apart->total_transfer == 100);
  const auto later = replay(what, {{0, {{0, 0, 0, 0}}}, {4, {{1, 1, 0, 0}}}}, {});
  BOOST_REQUIRE(bool(later));
  BOOST_TEST(later->makespan == 7);
  const auto together = replay(what, {{0, {{0, 0, 0, 0}, {1, 0, 0, 0}}}}, {});
  BOOST_REQUIRE(bool(together));
  BOOST_TEST(together->makespan == 4);
  BOOST_TEST(together->transfer_count == 0u);
}

// Two objects of no size that exist when the task is given to another node: it waits for the third, and starts once.
BOOST_AUTO_TEST_CASE(what_has_no_size_is_there_at_once_and_a_task_starts_once_with_all_its_inputs) {
  Case what = pair_of_tasks();
  what.objects = {{100, 0}, {0, 0}, {0, 0}};
  what.tasks[0].outputs = {0, 1, 2};
  for (const std::vector<std::uint32_t>& inputs : {std::vector<std::uint32_t>{1, 2, 0}, {1, 2}}) {
    what.tasks[1].inputs = inputs;
    const auto outcome = replay(what, {{0, {{0, 0, 0, 0}}}, {4, {{1, 1, 0, 0}}}}, {});
    BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
    BOOST_TEST(outcome->tasks[1].start == (inputs.size() == 3 ? 6 : 4));
    BOOST_TEST(outcome->sum_task_end == 3 + outcome->tasks[1].start + 1);
    BOOST_TEST(outcome->transfer_count == inputs.size());  // They are fetched, too.
  }
}

// One download at a time; while the first goes on, the node is given a task, then a more urgent one.
BOOST_AUTO_TEST_CASE(downloads_go_by_priority_or_in_the_order_in_which_they_were_asked_for) {
  Case what;
  what.name = "downloads";
  what.tasks = {{"a", 1, 1, {}, {0}}, {"b", 1, 1, {}, {1}}, {"c", 1, 1, {}, {2}}, {"of a", 1, 1, {0}, {}}, {"of b", 1, 1, {1}, {}}, {"of c", 1, 1, {2}, {}}};
  what.objects = {{50, 0}, {50, 1}, {50, 2}};
  what.cpus = {3, 1};
  what.bandwidth = 50;
  const std::vector<Decision> decisions = {{0, {{0, 0}, {1, 0}, {2, 0}}}, {2, {{3, 1}}}, {2.25, {{4, 1, 1}}}, {2.5, {{5, 1, 2}}}};
  Setting setting;
  setting.downloads_max = 1;
  for (const bool in_order : {false, true}) {
    setting.downloads = in_order ? DownloadOrder::in_order : DownloadOrder::by_priority;
    const auto outcome = replay(what, decisions, setting);
    BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
    std::vector<std::uint32_t> objects;
    for (const TransferTimes& one : outcome->transfers) objects.push_back(one.object);
    BOOST_TEST(objects == (in_order ? std::vector<std::uint32_t>{0, 1, 2} : std::vector<std::uint32_t>{0, 2, 1}), boost::test_tools::per_element());
  }
}

// Node 0 makes two objects at nearly the same time. Node 1 has a long task for the one and a short task for the other; where the other is there first and comes whole, the long one begins 1 s later.
BOOST_AUTO_TEST_CASE(a_preemptive_download_comes_first_even_if_it_is_made_a_millisecond_later) {
  const auto makespan = [](NetworkModel network, DownloadOrder order, double first_made, double second_made) {
    Case what;
    what.name = "downloads";
    what.tasks = {{"a", first_made, 1, {}, {0}}, {"b", second_made, 1, {}, {1}}, {"long", 1, 1, {0}, {}}, {"short", 0.1, 1, {1}, {}}};
    what.objects = {{50, 0}, {50, 1}};
    what.cpus = {2, 1};
    what.bandwidth = 50;
    Setting setting;
    setting.network = network, setting.downloads = order, setting.downloads_per_source_max = 1;
    const auto outcome = replay(what, {{0, {{0, 0}, {1, 0}, {2, 1, 2}, {3, 1, 1}}}}, setting);
    BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
    BOOST_TEST(outcome->transfer_count == 2u);
    BOOST_TEST(outcome->total_transfer == 100);
    return outcome->last_task_end;
  };
  const auto exact = boost::test_tools::tolerance(1e-9);
  for (const NetworkModel network : {NetworkModel::simple, NetworkModel::maxmin}) {
    for (const DownloadOrder order : {DownloadOrder::in_order, DownloadOrder::by_priority}) {
      BOOST_TEST(makespan(network, order, 1, 1.001) == 3.1, exact);
      BOOST_TEST(makespan(network, order, 1.001, 1) == 4.0, exact);
    }
    BOOST_TEST(makespan(network, DownloadOrder::preemptive, 1, 1.001) == 3.1, exact);
    BOOST_TEST(makespan(network, DownloadOrder::preemptive, 1.001, 1) == 3.101, exact);
  }
}

BOOST_AUTO_TEST_CASE(the_schedulers_interval_and_time_count_after_the_last_task) {
  Setting setting;
  setting.interval = 1.5, setting.scheduling_time = 0.25;
  const auto outcome = replay(pair_of_tasks(), {{0.25, {{0, 0, 0, 0}}}, {3.5, {{1, 0, 0, 0}}}}, setting);
  BOOST_REQUIRE(bool(outcome));
  BOOST_TEST(outcome->last_task_end == 4.5);
  BOOST_TEST(outcome->makespan == 5.25);  // Answered at 3.5, called again at 5.
}

// Two tasks end in the same nanosecond, and the scheduler was called after each: what the first call moved does not go to where it was.
BOOST_AUTO_TEST_CASE(calls_at_one_instant_lie_between_its_events) {
  Case what;
  what.name = "calls";
  what.tasks = {{"maker", 1 + 1e-12, 1, {}, {0}}, {"other", 1, 1, {}, {}}, {"user", 1, 1, {0}, {}}, {"last", 1, 1, {}, {}}};
  what.objects = {{50, 0}};
  what.cpus = {1, 1};
  what.bandwidth = 50;
  const std::vector<Assignment> first = {{0, 0, 0, 0}, {1, 1, 0, 0}, {2, 1, 0, 0}}, moves = {{2, 0, 0, 0}}, rest = {{3, 1, 0, 0}};
  const auto twice = replay(what, {{0, first}, {1, moves}, {1, rest}}, {});
  BOOST_REQUIRE(bool(twice));
  BOOST_TEST(twice->transfer_count == 0u);
  const auto once = replay(what, {{0, first}, {1, {moves[0], rest[0]}}}, {});
  BOOST_REQUIRE(bool(once));
  BOOST_TEST(once->transfer_count == 0u);  // Both had ended, and what was to be fetched from then on is decided of first.
  const auto late = replay(what, {{0, first}, {1.1, {moves[0], rest[0]}}}, {});
  BOOST_REQUIRE(bool(late));
  BOOST_TEST(late->transfer_count == 1u);  // Nodes do not wait for an answer that comes later.
}

// At 2 what both need arrives on node 1. The decision of that instant takes the more urgent one away before it could begin.
BOOST_AUTO_TEST_CASE(what_becomes_ready_in_an_instant_begins_after_its_decision) {
  Case what = pair_of_tasks();
  what.tasks = {{"maker", 1, 1, {}, {0}}, {"urgent", 1, 1, {0}, {}}, {"other", 1, 1, {0}, {}}};
  what.objects = {{50, 0}};
  const auto outcome = done(replay(what, {{0, {{0, 0, 0, 0}, {1, 1, 2, 0}, {2, 1, 1, 0}}}, {2, {{1, 0, 2, 0}}}}, {}));
  BOOST_TEST((outcome.tasks[1].node == 0u && outcome.tasks[1].start == 2));
  BOOST_TEST((outcome.tasks[2].node == 1u && outcome.tasks[2].start == 2));
}

BOOST_AUTO_TEST_CASE(what_was_ready_before_an_instant_begins_before_its_decision) {
  Case what = pair_of_tasks();
  what.tasks = {{"first", 1, 1, {}, {}}, {"waits", 1, 1, {}, {}}};
  what.objects.clear();
  const auto outcome = done(replay(what, {{0, {{0, 0, 2, 0}, {1, 0, 1, 0}}}, {1, {{1, 1, 1, 0}}}}, {}));
  BOOST_TEST((outcome.tasks[1].node == 0u && outcome.tasks[1].start == 1));
}

BOOST_AUTO_TEST_CASE(a_task_that_is_given_the_node_that_it_has_keeps_its_place) {
  Case what = pair_of_tasks();
  what.tasks = {{"x", 1, 1, {}, {}}, {"first", 1, 1, {}, {}}, {"second", 1, 1, {}, {}}};
  what.objects.clear();
  const auto outcome = done(replay(what, {{0, {{0, 0, 2, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}}, {0.5, {{1, 0, 1, 0}}}}, {}));
  BOOST_TEST((outcome.tasks[1].start == 1 && outcome.tasks[2].start == 2));
  const auto raised = done(replay(what, {{0, {{0, 0, 2, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}}}, {0.5, {{2, 0, 3, 0}}}}, {}));
  BOOST_TEST((raised.tasks[1].start == 2 && raised.tasks[2].start == 1));
}

BOOST_AUTO_TEST_CASE(what_does_not_move_any_more_is_named_with_what_it_waits_for) {
  const Case what = pair_of_tasks();
  fails(replay(what, {{0, {{0, 0, 0, 0}}}}, {}), "task 1 (\"second\"): no decision gives it a node");
  fails(replay(what, {{0, {{1, 0, 0, 0}}}}, {}), "task 1 (\"second\"): it waits for object 0 of task 0");
}

BOOST_AUTO_TEST_CASE(decisions_that_cannot_be_are_refused) {
  Case what = pair_of_tasks();
  fails(replay(what, {{0, {{7, 0, 0, 0}}}}, {}), "names task 7, and there are 2");
  fails(replay(what, {{0, {{0, 9, 0, 0}}}}, {}), "names node 9, and there are 2");
  what.tasks[0].cpus = 2;
  what.cpus[1] = 2;
  fails(replay(what, {{0, {{0, 0, 0, 0}}}}, {}), "needs 2 cores, and node 0 has 1");
}

// One of no size is there at once wherever it is wanted; the other takes two seconds.
BOOST_AUTO_TEST_CASE(a_task_waits_for_all_its_inputs_even_if_the_first_takes_no_time) {
  Case what = pair_of_tasks();
  what.tasks[0].outputs = {0, 1};
  what.objects = {{0, 0}, {100, 0}};
  what.tasks[1].inputs = {0, 1};
  const auto outcome = done(replay(what, {{0, {{0, 0, 0, 0}}}, {4, {{1, 1, 0, 0}}}}, {}));
  BOOST_TEST(outcome.tasks[1].start == 6);
  what.tasks[1].inputs = {0};
  what.tasks.push_back({"third", 1, 1, {}, {}});
  const auto both = done(replay(what, {{0, {{0, 0, 0, 0}}}, {4, {{1, 1, 0, 0}, {2, 1, 0, 0}}}}, {}));
  BOOST_TEST(both.tasks[1].start == 4);
  BOOST_TEST(both.tasks[2].start == 5);  // Its core was taken once, and given back.
}

BOOST_AUTO_TEST_CASE(kinds_of_tasks_have_their_own_times_on_each_node) {
  Case what = pair_of_tasks();
  what.kinds = {"maker", "user"};
  what.tasks[1].kind = 1;
  what.times = {{1, 0.5}, {4, 2}};
  const auto there = done(replay(what, {{0, {{0, 1, 0, 0}, {1, 1, 0, 0}}}}, {}));
  BOOST_TEST(there.tasks[0].end == 1.5);
  BOOST_TEST(there.tasks[1].end == 3.5);
  BOOST_TEST(done(replay(what, {{0, {{0, 0, 0, 0}, {1, 0, 0, 0}}}}, {})).tasks[1].end == 7);
}

BOOST_AUTO_TEST_CASE(tasks_wait_for_resources_as_they_do_for_cores) {
  Case what;
  what.name = "gpus";
  what.tasks = {{"a", 2, 1, {}, {}}, {"b", 2, 1, {}, {}}, {"c", 1, 1, {}, {}}};
  what.cpus = {2, 2};
  what.bandwidth = 1;
  what.resources = {"gpu"};
  what.needs = {{1}, {1}, {0}};
  what.amounts = {{1}, {0}};
  BOOST_TEST(bool(check(what)));
  const auto outcome = done(replay(what, {{0, {{0, 0, 0, 0}, {1, 0, 0, 0}, {2, 0, 0, 0}}}}, {}));
  BOOST_TEST(outcome.tasks[1].start == 2);
  BOOST_TEST(outcome.tasks[2].start == 0);
  fails(replay(what, {{0, {{0, 1, 0, 0}}}}, {}), "needs resources that node 1 does not have");
  what.amounts = {{0}, {0}};
  fails(check(what), "task 0 (\"a\") needs 1 cores, 1 gpu, and no node has all of that");
}

BOOST_AUTO_TEST_CASE(data_that_nobody_makes_is_fetched_from_where_it_is) {
  Case what = pair_of_tasks();
  what.objects[0] = {100, nobody, 1};
  what.tasks[0].outputs.clear();
  const auto outcome = done(replay(what, {{0, {{0, 0, 0, 0}}}, {0.5, {{1, 0, 0, 0}}}}, {}));
  BOOST_TEST(outcome.tasks[1].start == 3);  // There since 2.5, but the core is taken.
  BOOST_TEST(outcome.transfers[0].from == 1u);
  BOOST_TEST(outcome.transfers[0].end == 2.5);
  what.objects[0].home = nobody;
  fails(check(what), "object 0 is made by no task, and no node has it");
}

BOOST_AUTO_TEST_CASE(transfers_without_a_network_take_no_time) {
  Setting setting;
  setting.network = NetworkModel::none;
  const auto outcome = done(replay(pair_of_tasks(), {{0, {{0, 0, 0, 0}, {1, 1, 0, 0}}}}, setting));
  BOOST_TEST(outcome.makespan == 4);
  BOOST_TEST(outcome.transfer_count == 1u);
}

BOOST_AUTO_TEST_CASE(graphs_that_cannot_run_are_refused) {
  Case what = pair_of_tasks();
  BOOST_TEST(bool(check(what)));
  what.tasks[1].cpus = 3;
  BOOST_TEST((check(what).failure().code == tessera::runtime::ErrorCode::no_eligible_node));
  what.tasks[1].cpus = 1;
  what.tasks[0].inputs = {1};
  what.objects.push_back({1, 1});
  what.tasks[1].outputs = {1};
  BOOST_TEST((check(what).failure().code == tessera::runtime::ErrorCode::cycle));
  what = pair_of_tasks();
  what.revealed_by = {1, nobody};
  BOOST_TEST((check(what).failure().code == tessera::runtime::ErrorCode::cycle));
}

BOOST_AUTO_TEST_SUITE_END()
