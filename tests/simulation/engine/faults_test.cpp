#include "runtime/policy/policy.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/generate/generate.hpp"
#include "tests/simulation/engine/cases.hpp"

#include <algorithm>

using namespace tessera::simulation;
using namespace tessera::simulation::engine;
namespace policy = tessera::runtime::policy;
using What = NodeEvent::What;

namespace {
Setting with(std::vector<NodeEvent> events) {
  Setting setting;
  setting.events = std::move(events);
  return setting;
}
Outcome run(const Case& what, const Setting& setting) {
  Lambda policy(to_the_first);
  return done(simulate(what, what, policy, setting));
}
int most_at_once(const Outcome& outcome, std::uint32_t node) {
  std::vector<std::pair<double, int>> changes;
  for (const TaskTimes& task : outcome.tasks)
    if (task.node == node) changes.emplace_back(task.start, 1), changes.emplace_back(task.end, -1);
  std::ranges::sort(changes);
  int busy = 0, most = 0;
  for (const auto& [time, change] : changes) most = std::max(most, busy += change);
  return most;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_engine_faults)

// 0: first until 3, second until it is lost at 3.5; 1: first again until 6.5, second until 7.5.
BOOST_AUTO_TEST_CASE(what_a_lost_node_did_and_held_is_made_again) {
  const Outcome outcome = run(pair_of_tasks(), with({{3.5, 0, What::crash}}));
  BOOST_TEST(outcome.makespan == 7.5);
  BOOST_TEST(outcome.sum_task_end == 14);
  BOOST_TEST(outcome.cut_short == 1u);
  BOOST_TEST(outcome.made_again == 1u);
  BOOST_TEST(outcome.tasks[0].node == 1u);
  BOOST_REQUIRE(outcome.lost.size() == 2u);
  const auto& cut = outcome.lost[0];
  const auto& again = outcome.lost[1];
  BOOST_TEST((cut.task == 1u && cut.node == 0u && cut.start == 3 && cut.end == 3.5 && cut.lost == 3.5 && !cut.has_ended));
  BOOST_TEST((again.task == 0u && again.node == 0u && again.start == 0 && again.end == 3 && again.lost == 3.5 && again.has_ended));
}

BOOST_AUTO_TEST_CASE(a_result_of_which_there_is_a_copy_is_fetched_from_there) {
  Case what = pair_of_tasks();
  what.tasks.push_back({"third", 1, 1, {0}, {}});
  what.cpus = {1, 1, 1};
  const auto outcome = done(replay(what, {{0, {{0, 0, 0, 0}, {1, 1, 0, 0}}}, {6, {{2, 2, 0, 0}}}}, with({{5.5, 0, What::crash}})));
  BOOST_TEST(outcome.made_again == 0u);
  BOOST_REQUIRE(outcome.transfers.size() == 2u);
  BOOST_TEST(outcome.transfers[1].from == 1u);
  BOOST_TEST(outcome.tasks[2].start == 8);
}

// The transfer from 3 to 5 is cut at 4; first runs again beside it from 4 to 7, where second waits.
BOOST_AUTO_TEST_CASE(a_transfer_from_a_lost_node_is_cut_and_in_no_sum) {
  Lambda policy([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, view.takes_tasks(0) && task == 0 ? 0u : 1u, 0, 0});
  });
  const Case what = pair_of_tasks();
  const Outcome outcome = done(simulate(what, what, policy, with({{4, 0, What::crash}})));
  BOOST_TEST(outcome.tasks[0].end == 7);
  BOOST_TEST(outcome.tasks[1].end == 8);
  BOOST_TEST(outcome.total_transfer == 0);
  BOOST_TEST(outcome.transfer_count == 0u);
  BOOST_REQUIRE(outcome.transfers.size() == 1u);
  BOOST_TEST(outcome.transfers[0].end == 4);
}

BOOST_AUTO_TEST_CASE(results_that_nobody_needs_any_more_are_not_made_again) {
  Case what = pair_of_tasks();
  what.tasks.push_back({"other", 2, 1, {}, {}});
  what.cpus = {1, 2};
  const Outcome outcome = done(replay(what, {{0, {{0, 0, 0, 0}, {1, 0, 0, 0}}}, {5, {{2, 1, 0, 0}}}}, with({{4.5, 0, What::crash}})));
  BOOST_TEST(outcome.made_again == 0u);
  BOOST_TEST(outcome.makespan == 7);
}

BOOST_AUTO_TEST_CASE(what_was_lost_long_ago_is_made_again_when_it_is_needed_again) {
  Case what = pair_of_tasks();
  what.tasks = {{"a", 1, 1, {}, {0}}, {"b", 1, 1, {0}, {1}}, {"c", 4, 1, {1}, {}}};
  what.objects = {{0, 0}, {0, 1}};
  const Outcome outcome = run(what, with({{3, 0, What::crash}}));
  BOOST_TEST(outcome.made_again == 2u);
  BOOST_TEST(outcome.last_task_end == 9);  // From 3 on: 1 + 1 + 4 on node 1.
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_ends_what_it_has_and_gives_what_it_holds) {
  const Outcome outcome = run(pair_of_tasks(), with({{1, 0, What::leave}}));
  BOOST_TEST(outcome.tasks[0].end == 3);
  BOOST_TEST(outcome.tasks[1].node == 1u);
  BOOST_TEST(outcome.tasks[1].start == 5);
  BOOST_TEST(outcome.cut_short == 0u);
}

BOOST_AUTO_TEST_CASE(nodes_that_join_get_what_waits) {
  Case what = pair_of_tasks();
  what.tasks = {{"a", 3, 1, {}, {}}, {"b", 3, 1, {}, {}}};
  what.objects.clear();
  const auto policy = policy::make("blevel", 1);
  const Outcome outcome = done(simulate(what, what, *policy, with({{2, 1, What::join}})));
  BOOST_TEST(outcome.last_task_end == 5);
  BOOST_TEST(std::max(outcome.tasks[0].start, outcome.tasks[1].start) == 2);
}

BOOST_AUTO_TEST_CASE(a_straggler_takes_longer_from_then_on) {
  Case what = pair_of_tasks();
  what.tasks = {{"a", 4, 1, {}, {}}};
  what.objects.clear();
  BOOST_TEST(run(what, with({{1, 0, What::slow, 0.5}})).last_task_end == 7);
  BOOST_TEST(run(what, with({{1, 0, What::slow, 0.5}, {3, 0, What::slow, 1}})).last_task_end == 5);
}

BOOST_AUTO_TEST_CASE(where_no_node_is_left_it_ends_with_words) {
  Case what = pair_of_tasks();
  what.cpus = {1};
  Lambda policy(to_the_first);
  fails(simulate(what, what, policy, with({{1, 0, What::crash}})), "nothing moves any more at 1 s; task 0 (\"first\"): no node that is left takes it");
  Lambda stubborn([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, 0, 0});
  });
  fails(simulate(what, what, stubborn, with({{1, 0, What::crash}})), "the policy goes on giving tasks to node 0, which is lost or leaves: last task 0");
  what = pair_of_tasks();
  what.objects[0] = {100, nobody, 0};
  what.tasks[0].outputs.clear();
  Lambda second([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 1, 0, 0});
  });
  fails(simulate(what, what, second, with({{1, 0, What::crash}})), "task 1 (\"second\"): it needs object 0, which was only on node 0, and that was lost");
}

BOOST_AUTO_TEST_CASE(events_are_drawn_by_seed_and_in_turn) {
  const std::vector<std::uint32_t> cpus = {4, 0, 4};
  const auto events = drawn_events("crash:mtbf=100,repair=10,until=100000,seed=3", cpus);
  BOOST_REQUIRE(bool(events));
  BOOST_TEST(std::ranges::is_sorted(*events, {}, &NodeEvent::time));
  std::size_t crashes = 0;
  What last = What::join;
  for (const NodeEvent& event : *events) {
    BOOST_TEST(event.node != 1u);
    if (event.node != 0) continue;
    BOOST_TEST((event.what != last));
    last = event.what;
    crashes += event.what == What::crash;
  }
  BOOST_TEST((crashes > 800 && crashes < 1020), crashes);  // 100,000 / 110 = 909.
  BOOST_TEST(drawn_events("crash:mtbf=100,repair=10,until=100000,seed=3", cpus)->front().time == events->front().time);
  BOOST_TEST(drawn_events("crash:mtbf=100,repair=10,until=100000,seed=4", cpus)->front().time != events->front().time);
  BOOST_TEST(drawn_events("slow:mtbf=10", cpus)->size() == 2u);
  fails(drawn_events("fire:mtbf=1", cpus), "\"crash\" or \"slow\" was expected, and there is \"fire\"");
  fails(drawn_events("crash", cpus), "mtbf, mean seconds between failures of a node, is missing");
  fails(drawn_events("crash:mtbf=0", cpus), "mtbf: a number above 0 was expected, and there is \"0\"");
  fails(drawn_events("crash:speed=2", cpus), "faults: \"crash\" has no setting \"speed\"; there are mtbf, repair, seed, until");
  fails(drawn_events("crash:mtbf=0.001,repair=0.001", cpus), "more than 1000000 events");
}

// Whatever is lost, each policy ends with all tasks done, no core used twice, and the same each time.
BOOST_AUTO_TEST_CASE(policies_end_on_nodes_that_come_and_go) {
  Case what = std::move(*generate::generate("layered:width=8,steps=12,degree=3,size=20"));
  what.cpus = {2, 2, 1, 3};
  what.bandwidth = 50;
  std::uint64_t lost = 0;
  const auto run_once = [&](const std::string& name, std::uint64_t seed, NetworkModel network) {
    Setting setting = with(*drawn_events("crash:mtbf=20,repair=5,seed=" + std::to_string(seed), what.cpus));
    setting.network = network;
    if (seed % 2 == 0) setting.downloads = DownloadOrder::preemptive, setting.downloads_per_source_max = 1;
    return done(simulate(what, what, *policy::make(name, seed), setting));
  };
  for (const std::string& name : policy::names())
    for (std::uint64_t seed = 1; seed <= 25; ++seed)
      for (const NetworkModel network : {NetworkModel::simple, NetworkModel::maxmin}) {
        BOOST_TEST_CONTEXT(name << ", seed " << seed) {
          const Outcome outcome = run_once(name, seed, network);
          lost += outcome.made_again;
          for (std::uint32_t node = 0; node < what.cpus.size(); ++node) BOOST_TEST(most_at_once(outcome, node) <= static_cast<int>(what.cpus[node]));
          BOOST_TEST(run_once(name, seed, network).sum_task_end == outcome.sum_task_end);
        }
      }
  BOOST_TEST(lost > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
