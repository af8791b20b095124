#include "runs.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/experiment/plan.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>

using namespace tessera::test;
using tessera::simulation::picture::Step;

namespace {
const char* const files[] = {"montage-8x4-16.json", "crossv-2x8-32.json", "gridcat-4x4-128.json", "micro.json"};

bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(b)); }

double integral(const picture::Series& series) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < series.size(); ++i) sum += series[i].second * (series[i + 1].first - series[i].first);
  return sum;
}
std::vector<Step::Kind> kinds_of(const std::vector<Step>& path) {
  std::vector<Step::Kind> kinds;
  for (const Step& step : path) kinds.push_back(step.kind);
  return kinds;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_picture_timeline)

BOOST_AUTO_TEST_CASE(tasks_of_a_node_never_share_a_core) {
  for (const char* file : files)
    for (const picture::Timeline& run : runs_of(file)) {
      BOOST_TEST(run.rows == run.what->cpus);
      std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::pair<double, double>>> cores;
      for (const picture::Bar& bar : run.bars) {
        const auto own = run.cores_of(bar);
        BOOST_TEST(own.size() == run.what->tasks[bar.task].cpus);
        for (const std::uint32_t core : own) cores[{bar.node, core}].emplace_back(bar.start, bar.end);
      }
      for (auto& [core, times] : cores) {
        BOOST_TEST(core.second < run.rows[core.first]);
        std::ranges::sort(times);
        for (std::size_t i = 1; i < times.size(); ++i) BOOST_TEST(times[i].first >= times[i - 1].second - 1e-8, run.label);
      }
    }
}

BOOST_AUTO_TEST_CASE(links_carry_what_was_moved_and_memory_holds_what_was_made_and_moved) {
  for (const char* file : files)
    for (const picture::Timeline& run : runs_of(file)) {
      double down = 0, up = 0, held = 0, made = 0;
      for (const auto& [in, out] : picture::loads(run)) {
        down += integral(in), up += integral(out);
        for (const auto& [time, rate] : in) BOOST_TEST(rate >= 0);
      }
      for (const picture::Series& node : picture::memory(run)) held += node.back().second;
      for (const engine::Object& object : run.what->objects) made += object.size;
      BOOST_TEST(near(down, run.outcome.total_transfer), run.label << ": " << down);
      BOOST_TEST(near(up, run.outcome.total_transfer));
      BOOST_TEST(near(held, made + run.outcome.total_transfer), run.label << ": " << held);
    }
}

BOOST_AUTO_TEST_CASE(executions_that_came_to_nothing_are_drawn_and_the_critical_path_says_what_they_cost) {
  double lost = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) BOOST_TEST_CONTEXT("seed " << seed) {
    auto graph = *tessera::simulation::generate::generate("layered:width=8,steps=8,size=60");
    graph.cpus = {2, 1, 1}, graph.bandwidth = 100;
    engine::Setting setting;
    setting.events = *engine::drawn_events("crash:mtbf=25,repair=5,seed=" + std::to_string(seed), graph.cpus);
    auto outcome = tessera::simulation::experiment::carry_out(graph, setting, {"blevel", "", "exact", seed});
    BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
    const std::size_t count = graph.tasks.size() + outcome->cut_short + outcome->made_again;
    const auto run = picture::timeline("blevel", std::make_shared<const engine::Case>(std::move(graph)), std::move(*outcome));
    BOOST_TEST(run.bars.size() == count);
    BOOST_TEST(run.rows == run.what->cpus);
    BOOST_TEST(std::abs(run.critical_path.front().start) < 1e-8);
    BOOST_TEST(run.critical_path.back().end == run.outcome.last_task_end);
    for (std::size_t i = 1; i < run.critical_path.size(); ++i) BOOST_TEST(run.critical_path[i].start == run.critical_path[i - 1].end);
    lost += picture::shares(run)[static_cast<std::size_t>(Step::Kind::lost)];
  }
  BOOST_TEST(lost > 20);
}

BOOST_AUTO_TEST_CASE(the_critical_path_leads_from_the_beginning_to_the_last_end_without_a_hole) {
  for (const char* file : files)
    for (const picture::Timeline& run : runs_of(file)) {
      BOOST_REQUIRE(!run.critical_path.empty());
      BOOST_TEST(std::abs(run.critical_path.front().start) < 1e-8, run.label);
      BOOST_TEST(run.critical_path.back().end == run.outcome.last_task_end);
      for (std::size_t i = 1; i < run.critical_path.size(); ++i) BOOST_TEST(run.critical_path[i].start == run.critical_path[i - 1].end);
      const auto shares = picture::shares(run);
      BOOST_TEST(near(std::accumulate(shares.begin(), shares.end(), 0.0), run.outcome.last_task_end));
    }
}

BOOST_AUTO_TEST_CASE(each_task_knows_what_it_waited_for) {
  const picture::Timeline run = small_run();
  BOOST_TEST(run.bars[2].inputs_here == 5.5);
  BOOST_TEST(run.bars[2].last_transfer == 0u);
  BOOST_TEST(run.bars[2].could_start() == 5.5);
  BOOST_TEST(run.bars[3].inputs_here == 3);
  BOOST_TEST(run.bars[3].last_transfer == picture::none);
  BOOST_TEST(run.bars[3].cores_here == 4);
  BOOST_TEST(run.bars[3].blocker == 1u);
  BOOST_TEST(run.utilisation == (3 + 4 + 1 + 10) / 27.0);
  using enum Step::Kind;
  BOOST_TEST((kinds_of(run.critical_path) == std::vector{compute, compute}));
  BOOST_TEST(run.critical_path.front().index == 1u);

  engine::Outcome late = run.outcome;
  late.tasks[2].start = 10, late.tasks[2].end = late.last_task_end = 11;
  const picture::Timeline other = picture::timeline("late", run.what, late);
  BOOST_TEST((kinds_of(other.critical_path) == std::vector{compute, queue, transfer, scheduler, compute}));
  BOOST_TEST((picture::shares(other) == std::vector<double>{4, 2, 0.5, 4.5, 0}));
}

BOOST_AUTO_TEST_CASE(memory_counts_objects_from_when_they_are_there) {
  const auto held = picture::memory(small_run());
  BOOST_TEST((held[0] == picture::Series{{0, 0}, {3, 100}}));
  BOOST_TEST((held[1] == picture::Series{{0, 0}, {5.5, 100}}));
  const auto loads = picture::loads(small_run());
  BOOST_TEST((loads[1].down == picture::Series{{0, 0}, {3.5, 50}, {5.5, 0}}));
  BOOST_TEST(loads[0].up == loads[1].down);
  BOOST_TEST(loads[0].down.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_recording_with_more_tasks_at_once_than_cores_gets_rows_for_them) {
  engine::Outcome crowded = small_run().outcome;
  crowded.tasks[2].start = 0, crowded.tasks[3].node = 1, crowded.tasks[3].start = 1;
  const picture::Timeline run = picture::timeline("crowded", small_run().what, crowded);
  BOOST_TEST((run.rows == std::vector<std::uint32_t>{2, 3}));
}

BOOST_AUTO_TEST_CASE(an_input_came_with_the_transfer_that_ended_last_before_the_start) {
  const picture::Timeline once = small_run();
  engine::Outcome twice = once.outcome;
  twice.transfers.insert(twice.transfers.begin(), {0, 0, 1, 3, 3.2});
  twice.transfers.push_back({0, 0, 1, 8, 9});
  const picture::Timeline run = picture::timeline("twice", once.what, twice);
  BOOST_TEST(run.bars[2].last_transfer == 1u);
}

BOOST_AUTO_TEST_CASE(kinds_are_names_without_numbers_and_the_rest_is_pooled) {
  engine::Case what;
  for (const char* name : {"mProject_ID0000001", "mProject_ID0000002", "NFCORE.STAR_ALIGN (a)", "17", "bowtie2_3"}) what.tasks.emplace_back().name = name;
  what.tasks[2].duration = 9;
  const picture::Kinds kinds = picture::kinds(what);
  BOOST_TEST((kinds.names == std::vector<std::string>{"STAR_ALIGN", "bowtie2", "mProject", "task"}));
  BOOST_TEST((kinds.of_task == std::vector<std::uint32_t>{2, 2, 0, 3, 1}));
  for (int i = 0; i < 20; ++i) what.tasks.emplace_back().name = "sol2sanger_" + std::string(1, static_cast<char>('a' + i));
  for (const char* name : {"p", "q", "r", "s"}) what.tasks.emplace_back().name = name;
  const picture::Kinds pooled = picture::kinds(what);
  BOOST_TEST(pooled.names.size() == picture::Kinds::colour_count + 1);
  BOOST_TEST(pooled.names.back() == "other");
  BOOST_TEST(pooled.of_task[10] == pooled.of_task[11]);
}

BOOST_AUTO_TEST_SUITE_END()
