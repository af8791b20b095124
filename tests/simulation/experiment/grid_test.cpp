#include "simulation/experiment/plan.hpp"
#include "simulation/experiment/summary.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <set>
#include <tuple>

using namespace tessera::simulation;
using namespace tessera::simulation::experiment;

namespace {
Graph made(const std::string& recipe) { return {recipe, *generate::generate(recipe), false}; }
Axes two_of_all() {
  Axes axes;
  axes.graphs = {{Source::Kind::recipe, "chain:tasks=5"}, {Source::Kind::recipe, "layered:width=4,steps=4"}};
  axes.nodes = {"2x1", "3x2"}, axes.bandwidths = {10, 100}, axes.networks = {"simple", "maxmin"}, axes.informations = {"exact", "mean"};
  axes.schedulers = {"heft", "random"}, axes.seeds = {1, 2, 3};
  return axes;
}
Grid grid_of(const Axes& axes) {
  std::vector<Graph> graphs;
  for (const Source& source : axes.graphs) graphs.push_back(made(source.text));
  return *make_grid(axes, std::move(graphs));
}
void refused(Axes axes, const std::string& why) {
  std::vector<Graph> graphs;
  for (const Source& source : axes.graphs) graphs.push_back(made(source.text));
  const auto grid = make_grid(axes, std::move(graphs));
  BOOST_REQUIRE(!grid);
  BOOST_TEST(grid.failure().message.find(why) != std::string::npos, grid.failure().message);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_experiment_grid)

BOOST_AUTO_TEST_CASE(each_combination_is_one_cell) {
  const Grid grid = grid_of(two_of_all());
  BOOST_TEST(grid.cells() == 2u * 2 * 2 * 2 * 2 * 2 * 3);
  std::set<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t, std::size_t>> seen;
  for (std::size_t i = 0; i < grid.cells(); ++i) {
    const Cell its = cell(grid, i);
    const Setting where = setting(grid, its.setting);
    BOOST_TEST(number(grid, its) == i);
    BOOST_REQUIRE(where.subject < grid.subjects.size());
    seen.emplace(where.subject, where.network, where.information, its.scheduler, its.seed);
  }
  BOOST_TEST(seen.size() == grid.cells());
}

BOOST_AUTO_TEST_CASE(a_cell_gives_what_its_plan_gives) {
  const Grid grid = grid_of(two_of_all());
  const std::size_t last = grid.cells() - 1;
  const auto outcome = carry_out(grid.on_cluster(grid.subjects.back()), {"random", "maxmin", "mean", 3});
  BOOST_REQUIRE(bool(outcome));
  BOOST_TEST(run_cell(grid, last).makespan == outcome->makespan);
  BOOST_TEST(run_cell(grid, last).transfer_count == outcome->transfer_count);
}

BOOST_AUTO_TEST_CASE(a_graph_with_a_cluster_keeps_it) {
  Axes axes = two_of_all();
  Graph own = made("chain:tasks=5");
  own.what.cpus = {7}, own.what.bandwidth = 3, own.has_cluster = true;
  const auto grid = make_grid(axes, {own, made("chain:tasks=4")});
  BOOST_REQUIRE(bool(grid));
  BOOST_REQUIRE(grid->subjects.size() == 5u);
  BOOST_TEST(grid->subjects[0].cpus == std::vector<std::uint32_t>{7}, boost::test_tools::per_element());
  BOOST_TEST(grid->subjects[0].bandwidth == 3);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_or_there_twice_is_refused_by_name) {
  const auto with = [](auto change) {
    Axes axes = two_of_all();
    change(axes);
    return axes;
  };
  refused(with([](Axes& a) { a.schedulers = {"heft", "fast"}; }), "there is no scheduler \"fast\"; there are blevel");
  refused(with([](Axes& a) { a.networks = {"slow"}; }), "there is no network \"slow\"");
  refused(with([](Axes& a) { a.informations = {"all"}; }), "\"all\" is not what a policy may know");
  refused(with([](Axes& a) { a.schedulers = {"heft", "heft"}; }), "scheduler: heft is there twice");
  refused(with([](Axes& a) { a.seeds = {}; }), "seeds: at least one was expected");
  refused(with([](Axes& a) { a.nodes = {"4"}; }), "nodes: \"4\" is not how many nodes of how many cores");
  refused(with([](Axes& a) { a.bandwidths = {-1}; }), "bandwidth: a number above 0");
}

BOOST_AUTO_TEST_CASE(a_task_that_fits_on_no_node_is_refused_before_anything_runs) {
  Graph wide = made("chain:tasks=3");
  wide.what.tasks[1].cpus = 2;
  Axes axes = two_of_all();
  const auto grid = make_grid(axes, {wide});
  BOOST_REQUIRE(!grid);
  BOOST_TEST(grid.failure().message.find("chain:tasks=3 on 2x1: task 1") != std::string::npos, grid.failure().message);
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_is_a_finding) {
  Graph wide = made("chain:tasks=3");
  wide.what.tasks[1].cpus = 2;
  Axes axes = two_of_all();
  axes.nodes = {"2x2"};
  const auto grid = make_grid(axes, {wide});
  BOOST_REQUIRE(bool(grid));
  const Finding heft = run_cell(*grid, 0);
  BOOST_TEST(heft.failed.find("takes 2 cores, and static schedulers") != std::string::npos, heft.failed);
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < grid->cells(); ++i) findings.push_back(run_cell(*grid, i));
  const Summary summary = summarise(*grid, findings);
  BOOST_TEST(!summary.rows[0].makespan);
  BOOST_TEST(summary.rows[0].failed == 3u);
  BOOST_TEST(summary.rows[1].of_best == 1);
  BOOST_TEST(summary.overall[0].settings == 0u);
  BOOST_TEST(summary.duels[0].wins + summary.duels[0].ties + summary.duels[0].losses == 0u);
}

// Fork of four seconds and a tail of one, on two cores: critical path 1 + 4 + 1, work 1 + 3 * 4 + 1 = 14 core seconds.
BOOST_AUTO_TEST_CASE(the_bound_is_the_longest_way_or_work_over_cores) {
  engine::Case what;
  what.tasks = {{"root", 1, 1, {}, {0}}, {"a", 4, 1, {0}, {1}}, {"b", 4, 1, {0}, {2}}, {"c", 4, 1, {0}, {3}}, {"end", 1, 1, {1, 2, 3}, {}}};
  what.objects = {{10, 0}, {10, 1}, {10, 2}, {10, 3}};
  what.cpus = {2}, what.bandwidth = 1;
  BOOST_TEST(bound_of(what).critical_path == 6);
  BOOST_TEST(bound_of(what).work == 7);
  BOOST_TEST(bound_of(what).seconds() == 7);
  what.cpus = {2, 2};
  BOOST_TEST(bound_of(what).seconds() == 6);
  what.tasks[1].cpus = 2;
  BOOST_TEST(bound_of(what).work == 18 / 4.0);
}

BOOST_AUTO_TEST_CASE(the_summary_compares_medians_of_settings) {
  Axes axes;
  axes.graphs = {{Source::Kind::recipe, "independent:tasks=4,spread=0"}};
  axes.nodes = {"1x1", "2x1"}, axes.schedulers = {"heft", "random"}, axes.seeds = {1, 2, 3};
  const Grid grid = grid_of(axes);
  const std::vector<Finding> findings = {{4, 0, 0, {}}, {4, 0, 0, {}}, {4, 0, 0, {}}, {4, 0, 0, {}}, {8, 0, 0, {}}, {5, 0, 0, {}},
                                         {2, 0, 0, {}}, {2, 0, 0, {}}, {3, 0, 0, {}}, {4, 0, 0, {}}, {3, 0, 0, {}}, {4, 0, 0, {}}};
  const Summary summary = summarise(grid, findings);
  BOOST_REQUIRE(summary.rows.size() == 4u);
  BOOST_TEST(summary.rows[1].makespan->median == 5);
  BOOST_TEST(summary.rows[1].makespan->max == 8);
  BOOST_TEST(summary.rows[1].of_bound == 1.25);
  BOOST_TEST(summary.rows[1].of_best == 1.25);
  BOOST_TEST(summary.rows[3].of_best == 2);
  BOOST_TEST(summary.overall[0].best == 2u);
  BOOST_TEST(summary.overall[1].worst_of_best == 2);
  BOOST_TEST(summary.overall[1].mean_of_best == std::sqrt(2.5), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(summary.pairs_are_settings);
  BOOST_TEST(summary.duels[0].wins == 2u);
  BOOST_TEST(summary.duels[0].ratio == (4 / 5.0 + 2 / 4.0) / 2);
  BOOST_TEST(summary.duels[0].p == 0.5);  // Of four signs two are as far out.
}

BOOST_AUTO_TEST_CASE(in_one_setting_seeds_are_the_pairs) {
  Axes axes;
  axes.graphs = {{Source::Kind::recipe, "independent:tasks=4"}};
  axes.schedulers = {"blevel", "random"}, axes.seeds = {1, 2, 3};
  const Summary summary = summarise(grid_of(axes), std::vector<Finding>{{4, 0, 0, {}}, {4, 0, 0, {}}, {6, 0, 0, {}}, {5, 0, 0, {}}, {4, 0, 0, {}}, {5, 0, 0, {}}});
  BOOST_TEST(!summary.pairs_are_settings);
  BOOST_TEST(summary.duels[0].wins == 1u);
  BOOST_TEST(summary.duels[0].ties == 1u);
  BOOST_TEST(summary.duels[0].losses == 1u);
}

BOOST_AUTO_TEST_CASE(static_schedules_know_no_more_than_they_are_told) {
  engine::Case what = made("layered:width=6,steps=6").what;
  what.cpus = {2, 2}, what.bandwidth = 1;
  const auto exact = carry_out(what, {"heft", "simple", "exact", 1}), mean = carry_out(what, {"heft", "simple", "mean", 1});
  BOOST_REQUIRE((exact && mean));
  BOOST_TEST(exact->makespan != mean->makespan);
}

BOOST_AUTO_TEST_CASE(recorded_decisions_of_a_plan_give_its_outcome_again) {
  engine::Case what = made("layered:width=6,steps=6,size=20").what;
  what.cpus = {2, 2, 1}, what.bandwidth = 100;
  for (const char* network : {"simple", "maxmin"})
    for (const std::string& scheduler : schedulers()) {
      const Plan plan{scheduler, network, "exact", 5};
      const auto first = carry_out(what, plan);
      const auto decisions = decisions_of(what, plan);
      BOOST_REQUIRE((first && decisions));
      const auto again = engine::replay(what, *decisions, *setting_of(network));
      BOOST_REQUIRE(bool(again));
      BOOST_TEST(again->makespan == first->makespan, scheduler << ' ' << network << ' ' << again->makespan << ' ' << first->makespan);
    }
}

BOOST_AUTO_TEST_SUITE_END()
