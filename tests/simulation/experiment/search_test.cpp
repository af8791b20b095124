#include "simulation/experiment/search.hpp"

#include "simulation/files/case_writer.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tessera::simulation;
using namespace tessera::simulation::experiment;

namespace {
engine::Case start() {
  auto what = *generate::generate("layered:width=3,steps=3,degree=2");
  what.cpus = {1, 1, 1}, what.bandwidth = 100;
  for (engine::Task& task : what.tasks) std::ranges::sort(task.inputs);
  return what;
}
Contest contest() { return {{"blevel", "simple", "exact", 1}, {"heft", "simple", "exact", 1}, {1, 2, 3}, {}}; }

void is_whole(const engine::Case& what) {
  BOOST_REQUIRE(bool(engine::check(what)));
  for (std::uint32_t object = 0; object < what.objects.size(); ++object) {
    BOOST_REQUIRE(what.objects[object].producer < what.tasks.size());
    BOOST_TEST(std::ranges::count(what.tasks[what.objects[object].producer].outputs, object) == 1);
  }
  for (const engine::Task& task : what.tasks) {
    for (const std::uint32_t input : task.inputs) BOOST_REQUIRE(input < what.objects.size());
    for (const std::uint32_t output : task.outputs) BOOST_REQUIRE(output < what.objects.size());
    BOOST_TEST(std::ranges::is_sorted(task.inputs));
    BOOST_TEST(std::ranges::adjacent_find(task.inputs).base() == task.inputs.end().base());
  }
}
std::string text_of(const engine::Case& what) { return files::case_text({what, {}}, "test"); }
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_experiment_search)

BOOST_AUTO_TEST_CASE(mutations_stay_within_limits_and_make_whole_cases) {
  tessera::runtime::Rng rng(7);
  const Limits limits{12, 4, 3, 5};
  engine::Case what = start();
  std::size_t least = 100, most = 0, nodes = 0;
  for (int i = 0; i < 3000; ++i) {
    what = mutated(std::move(what), limits, rng);
    is_whole(what);
    least = std::min(least, what.tasks.size()), most = std::max(most, what.tasks.size()), nodes = std::max(nodes, what.cpus.size());
    for (const engine::Task& task : what.tasks) BOOST_TEST(task.duration <= 5);
    for (const engine::Object& object : what.objects) BOOST_TEST(object.size <= 500);
  }
  BOOST_TEST(least < 9u);
  BOOST_TEST(most == 12u);
  BOOST_TEST(nodes == 4u);
}

BOOST_AUTO_TEST_CASE(without_a_task_goes_what_it_makes) {
  engine::Case what;
  what.tasks = {{"a", 1, 1, {}, {0}}, {"b", 1, 1, {0}, {1}}, {"c", 1, 1, {0, 1}, {}}};
  what.objects = {{10, 0}, {20, 1}};
  what.cpus = {1}, what.bandwidth = 1;
  const auto less = without_task(what, 1);
  is_whole(less);
  BOOST_TEST(less.tasks.size() == 2u);
  BOOST_TEST(less.objects.size() == 1u);
  BOOST_TEST(less.tasks[1].inputs == std::vector<std::uint32_t>{0}, boost::test_tools::per_element());
  const auto apart = without_input(what, 2, 1);
  is_whole(apart);
  BOOST_TEST(apart.objects.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_search_finds_a_case_on_which_a_policy_loses) {
  const Found found = anneal(start(), contest(), 400, 1);
  BOOST_TEST(found.ratio > 1.5);
  BOOST_TEST(found.ratio == ratio_of(found.what, contest()));
  const Found small = shrunk(found, contest(), 2000);
  is_whole(small.what);
  BOOST_TEST(small.ratio >= 0.95 * found.ratio);
  BOOST_TEST(small.ratio == ratio_of(small.what, contest()));
  BOOST_TEST(small.what.tasks.size() < found.what.tasks.size());
}

BOOST_AUTO_TEST_CASE(one_seed_gives_one_case) {
  const Found first = anneal(start(), contest(), 100, 4);
  BOOST_TEST(text_of(first.what) == text_of(anneal(start(), contest(), 100, 4).what));
  BOOST_TEST(text_of(first.what) != text_of(anneal(start(), contest(), 100, 5).what));
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_is_no_find) {
  engine::Case wide = start();
  wide.cpus = {2}, wide.tasks[0].cpus = 2;
  BOOST_TEST(ratio_of(wide, contest()) == 0);
}

BOOST_AUTO_TEST_CASE(a_written_case_is_read_as_it_was) {
  engine::Case what = start();
  what.tasks[3].expected_duration = 0.1 + 0.2;
  files::Run run;
  run.network = "maxmin", run.scheduler = "blevel", run.setting = *setting_of("maxmin");
  run.decisions = *decisions_of(what, {"blevel", "maxmin", "exact", 2});
  run.expected.makespan = carry_out(what, {"blevel", "maxmin", "exact", 2})->makespan;
  const std::string text = files::case_text({what, {run}}, "test");
  const auto read = files::parse_cases(text);
  BOOST_REQUIRE(bool(read));
  const files::CaseRuns& again = read->front();
  BOOST_TEST(files::case_text(again, "test") == text);
  BOOST_TEST(again.what.tasks[3].expected_duration == 0.1 + 0.2);
  const auto outcome = engine::replay(again.what, again.runs.front().decisions, again.runs.front().setting);
  BOOST_REQUIRE(bool(outcome));
  BOOST_TEST(outcome->makespan == run.expected.makespan);
}

BOOST_AUTO_TEST_SUITE_END()
