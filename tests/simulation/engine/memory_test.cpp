#include "runtime/policy/policy.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/generate/generate.hpp"
#include "tests/simulation/engine/cases.hpp"

#include <boost/test/data/test_case.hpp>

using namespace tessera::simulation;
using namespace tessera::simulation::engine;
namespace policy = tessera::runtime::policy;

namespace {
/// a and b make 60 MiB each, c uses what b made, d what a made; 1 s each, and transfers of 50 MiB/s.
Case four_tasks(std::vector<std::uint32_t> cpus = {1}) {
  Case what;
  what.name = "four";
  what.tasks = {{"a", 1, 1, {}, {0}}, {"b", 1, 1, {}, {1}}, {"c", 1, 1, {1}, {2}}, {"d", 1, 1, {0}, {3}}};
  what.objects = {{60, 0}, {60, 1}, {10, 2}, {5, 3}};
  what.cpus = std::move(cpus);
  what.bandwidth = 50;
  return what;
}
Setting with(std::vector<NodeLimits> memory) {
  Setting setting;
  setting.memory = std::move(memory);
  return setting;
}
const std::vector<Decision> all_on_node_0 = {{0, {{0, 0, 4, 0}, {1, 0, 3, 0}, {2, 0, 2, 0}, {3, 0, 1, 0}}}};
bool same(const Outcome& a, const Outcome& b) {
  const auto same_tasks = std::ranges::equal(a.tasks, b.tasks, [](const TaskTimes& x, const TaskTimes& y) { return x.node == y.node && x.start == y.start && x.end == y.end; });
  return same_tasks && std::ranges::equal(a.transfers, b.transfers, [](const TransferTimes& x, const TransferTimes& y) {
    return x.object == y.object && x.from == y.from && x.to == y.to && x.start == y.start && x.end == y.end;
  });
}
Case generated(const std::string& recipe, std::vector<std::uint32_t> cpus) {
  auto made = generate::generate(recipe);
  BOOST_REQUIRE(bool(made));
  made->cpus = std::move(cpus);
  made->bandwidth = 100;
  return std::move(*made);
}
Outcome run(const std::string& name, const Case& what, const Setting& setting) { return done(simulate(what, what, *policy::make(name, 7), setting)); }
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_engine_memory)

BOOST_DATA_TEST_CASE(where_there_is_room_for_all_everything_is_as_without_a_limit, boost::unit_test::data::make({"blevel", "work_stealing", "heft", "random", "dask"}), name) {
  for (const char* recipe : {"crossv:inner=4", "gridcat:count=6", "layered:width=6,steps=8,degree=3,size=80,seed=4"}) {
    const bool is_static = std::string(name) == "heft";
    const Case what = generated(is_static ? "layered:width=9,steps=5,size=30" : recipe, {4, 2, 4});
    for (const NetworkModel network : {NetworkModel::simple, NetworkModel::maxmin}) {
      Setting setting;
      setting.network = network;
      setting.downloads_max = 4, setting.downloads_per_source_max = 2;
      const Outcome plain = run(name, what, setting);
      setting.memory.assign(3, {1e6, 100});
      const Outcome limited = run(name, what, setting);
      BOOST_TEST(same(plain, limited));
      BOOST_TEST(limited.memory[0].spilled == 0);
      BOOST_TEST(limited.memory[0].peak > 0);
    }
  }
}

// a until 1; its 60 MiB go to disk until 2.2, then b has room; c until 4.2, and what it used is gone; a's come back until 5.4.
BOOST_AUTO_TEST_CASE(what_is_needed_latest_goes_to_disk_and_comes_back) {
  const Outcome outcome = done(replay(four_tasks(), all_on_node_0, with({{100, 50}})));
  BOOST_TEST(outcome.tasks[1].start == 2.2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(outcome.tasks[2].end == 4.2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(outcome.tasks[3].start == 5.4, boost::test_tools::tolerance(1e-12));
  BOOST_REQUIRE(outcome.memory.size() == 1u);
  BOOST_TEST(outcome.memory[0].spilled == 60);
  BOOST_TEST(outcome.memory[0].loaded == 60);
  BOOST_TEST(outcome.memory[0].peak == 75);
}

// There is no disk: d, which fits, gives room to b (M6).
BOOST_AUTO_TEST_CASE(where_nothing_else_moves_whoever_fits_goes_first) {
  const Outcome outcome = done(replay(four_tasks(), all_on_node_0, with({{100, 0}})));
  BOOST_TEST(outcome.tasks[3].end == 2);
  BOOST_TEST(outcome.tasks[1].start == 2);
  BOOST_TEST(outcome.makespan == 4);
  BOOST_TEST(outcome.memory[0].spilled == 0);
}

BOOST_AUTO_TEST_CASE(tasks_wait_for_memory_in_the_nodes_order) {
  Case what = four_tasks({4});
  what.tasks = {{"a", 1, 1, {}, {0}}, {"large", 1, 1, {}, {1}}, {"small", 1, 1, {}, {2}}, {"use", 1, 1, {0}, {3}}};
  what.objects = {{60, 0}, {80, 1}, {10, 2}, {1, 3}};
  const Outcome outcome = done(replay(what, {{0, {{0, 0, 4, 0}, {1, 0, 3, 0}, {2, 0, 2, 0}, {3, 0, 5, 0}}}}, with({{100, 0}})));
  BOOST_TEST(outcome.tasks[1].start == 2);  // After `use`, with which a's result goes.
  BOOST_TEST(outcome.tasks[2].start >= 2);  // It would have fitted at 0, beside a.
}

// From 5 on node 1 needs what node 0 has on disk: b's result goes there until 6.2, a's comes back until 7.4, and is sent until 8.6.
BOOST_AUTO_TEST_CASE(what_is_on_disk_is_read_before_it_is_sent) {
  Case what = four_tasks({1, 1});
  what.tasks[2].inputs = {};
  const auto outcome = done(replay(what, {{0, {{0, 0, 4, 0}, {1, 0, 3, 0}, {2, 1, 0, 0}}}, {5, {{3, 1, 0, 0}}}}, with({{100, 50}, {0, 0}})));
  BOOST_REQUIRE(outcome.transfers.size() == 1u);
  BOOST_TEST(outcome.transfers[0].start == 7.4, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(outcome.tasks[3].end == 9.6, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(outcome.memory[0].peak <= 100);
  BOOST_TEST(outcome.memory[1].peak == 0);
}

// Node 1 has room for one of the two results at a time, and no disk: what it has besides is dropped, and fetched again.
BOOST_AUTO_TEST_CASE(copies_that_no_task_waits_for_are_dropped_and_fetched_again) {
  Case what = four_tasks({1, 1});
  what.tasks.push_back({"again", 1, 1, {0}, {}});
  const std::vector<Decision> decisions = {{0, {{0, 0, 4, 0}, {1, 0, 3, 0}, {3, 1, 5, 0}}}, {6, {{2, 1, 0, 0}}}, {12, {{4, 1, 0, 0}}}};
  BOOST_TEST(done(replay(what, decisions, with({{0, 0}, {100, 0}}))).transfer_count == 3u);
  BOOST_TEST(done(replay(what, decisions, with({{0, 0}, {200, 0}}))).transfer_count == 2u);
}

BOOST_AUTO_TEST_CASE(a_task_that_fits_into_no_memory_is_refused_by_name) {
  Cluster cluster;
  cluster.nodes = {{"n", 1}, {"m", 1}};
  cluster.nodes[0].memory = 64, cluster.nodes[1].memory = 62;
  cluster.bandwidth = 50;
  Case what = four_tasks();
  const auto refused = put_on(cluster, what);
  fails(refused, "task 2 (\"c\") needs 70.0 MiB at once (60.0 MiB of inputs, 10.0 MiB for what it makes), and no node that has its cores and resources has more than 64.0 MiB of memory");
  BOOST_TEST((refused.failure().code == tessera::runtime::ErrorCode::no_eligible_node));
  cluster.nodes[1].memory = 70;
  const auto setting = put_on(cluster, what);
  BOOST_REQUIRE(bool(setting));
  fails(replay(what, {{0, {{2, 0, 0, 0}}}}, *setting), "task 2 (\"c\") needs 70.0 MiB at once (60.0 MiB of inputs, 10.0 MiB for what it makes), and node 0, to which it was given, has 64.0 MiB of memory");
}

BOOST_AUTO_TEST_CASE(who_waits_for_memory_for_ever_is_named) {
  Case what = four_tasks();
  what.tasks.resize(2);
  what.objects.resize(2);
  fails(replay(what, {{0, {{0, 0, 4, 0}, {1, 0, 3, 0}}}}, with({{100, 0}})),
        "nothing moves any more at 1 s; task 1 (\"b\"): it waits for 60.0 MiB of node 0, of whose 100.0 MiB 60.0 MiB hold results and 0 B are reserved, and which has no disk");
  what = four_tasks({1, 1});
  fails(replay(what, {{0, {{0, 0, 4, 0}, {1, 1, 3, 0}, {3, 1, 0, 0}}}, {1, {{2, 0, 0, 0}}}}, with({{70, 0}, {70, 0}})),
        "task 2 (\"c\"): it waits for object 1, for which there must be 60.0 MiB of node 0, of whose 70.0 MiB 60.0 MiB hold results");
  // With disks nobody waits for ever.
  BOOST_TEST(done(replay(what, {{0, {{0, 0, 4, 0}, {1, 1, 3, 0}, {3, 1, 0, 0}}}, {1, {{2, 0, 0, 0}}}}, with({{70, 50}, {70, 50}}))).tasks[2].end > 0);
}

BOOST_DATA_TEST_CASE(all_tasks_end_on_nodes_of_little_memory_with_a_disk, boost::unit_test::data::make({"blevel", "work_stealing", "random", "locality", "dask", "heft"}), name) {
  for (int seed = 1; seed <= 12; ++seed) {
    const Case what = generated("layered:width=8,steps=10,degree=3,size=100,seed=" + std::to_string(seed), {2, 2, 1});
    Setting setting = with({{700, 200}, {1000, 100}, {700, 300}});
    setting.network = seed % 2 == 0 ? NetworkModel::simple : NetworkModel::maxmin;
    if (seed % 3 == 0) setting.downloads_max = 2;
    if (seed % 4 < 2) setting.downloads = DownloadOrder::preemptive, setting.downloads_per_source_max = 1;
    if (seed > 4) {
      auto drawn = drawn_events("crash:mtbf=15,repair=5,until=60,seed=" + std::to_string(seed), what.cpus);
      BOOST_REQUIRE(bool(drawn));
      setting.events = std::move(*drawn);
    }
    const Outcome outcome = run(name, what, setting);
    BOOST_TEST(same(outcome, run(name, what, setting)));
    double spilled = 0;
    for (std::size_t node = 0; node < 3; ++node) {
      BOOST_TEST(outcome.memory[node].peak <= setting.memory[node].memory);
      spilled += outcome.memory[node].spilled;
    }
    BOOST_TEST(spilled > 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
