#include "simulation/engine/policy.hpp"
#include "simulation/files/case_file.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <map>
#include <string>

using namespace tessera::simulation;
namespace policy = tessera::runtime::policy;

namespace {
const std::string folder = TESSERA_SOURCE_DIR "/tests/data/simulation/";

engine::Outcome run(const engine::Case& what, std::string_view name, std::uint64_t seed, const engine::Setting& setting = {},
                    engine::Information information = engine::Information::exact) {
  const engine::Case known = engine::known(what, information);
  const auto its = policy::make(name, seed);
  BOOST_REQUIRE((its != nullptr));
  auto outcome = engine::simulate(what, known, *its, setting);
  BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
  return std::move(*outcome);
}

struct Sample {
  double mean = 0, deviation = 0;
};
Sample sample_of(const std::vector<double>& values) {
  Sample its;
  for (const double value : values) its.mean += value / static_cast<double>(values.size());
  for (const double value : values) its.deviation += (value - its.mean) * (value - its.mean) / static_cast<double>(values.size() - 1);
  its.deviation = std::sqrt(its.deviation);
  return its;
}

/// Two tasks that need what a third makes, and one that needs nothing; a node of two cores and one of one.
engine::Case small() {
  engine::Case what;
  what.name = "small";
  what.tasks = {{"source", 2, 1, {}, {0}}, {"a", 4, 1, {0}, {}}, {"b", 1, 1, {0}, {}}, {"alone", 3, 1, {}, {}}};
  what.objects = {{50, 0}};
  what.cpus = {2, 1};
  what.bandwidth = 50;
  return what;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_policy_policies)

// Estee's own runs of 20 seeds on the cases of the reference, against 100 of ours: means within three standard errors of their difference.
BOOST_AUTO_TEST_CASE(means_are_those_of_the_reference) {
  const std::map<std::string, std::string> ours = {{"blevel-gt", "blevel"}, {"tlevel-gt", "tlevel"}, {"random-gt", "random_ready"}, {"single", "single"}, {"random-s", "random"}};
  int compared = 0;
  for (const char* name : {"crossv-2x8-32", "fork1-3x2-50", "gridcat-4x4-128", "merge_neighbours-4x4-100", "montage-8x4-16", "triplets-stairs-64"}) {
    const std::string path = folder + name + ".json";
    const auto cases = files::read_cases(path);
    BOOST_REQUIRE_MESSAGE(bool(cases), cases.failure().message);
    const engine::Case& what = cases->front().what;
    std::ifstream file(path);
    const auto text = nlohmann::json::parse(file);
    for (const auto& expected : text["statistics"]) {
      const auto its = ours.find(expected["scheduler"].get<std::string>());
      if (its == ours.end() || expected["imode"] != "exact" || (expected.contains("min_scheduling_interval") && !expected["min_scheduling_interval"].is_null())) continue;
      // There the reference takes 0 for the b-level of all but the last tasks.
      if (std::string_view(name).starts_with("montage") && (its->second == "blevel" || its->second == "single")) continue;
      engine::Setting setting;
      if (expected["netmodel"] == "maxmin") setting = {engine::NetworkModel::maxmin, 4, 2};
      std::vector<double> makespans;
      for (std::uint64_t seed = 1; seed <= 100; ++seed) makespans.push_back(run(what, its->second, seed, setting).makespan);
      const Sample sample = sample_of(makespans);
      const double runs = expected["runs"].get<double>(), mean = expected["makespan_mean"].get<double>(), deviation = expected["makespan_sd"].get<double>();
      const double error = std::sqrt(deviation * deviation / runs + sample.deviation * sample.deviation / 100);
      BOOST_TEST(std::abs(sample.mean - mean) <= 3 * error + 1e-5 * mean,
                 name << " " << expected["netmodel"] << " " << its->second << ": " << sample.mean << " (sd " << sample.deviation << "), and " << mean << " (sd " << deviation << ")");
      ++compared;
    }
  }
  BOOST_TEST(compared == 6 * 5 * 2 - 4);
}

BOOST_AUTO_TEST_CASE(what_is_ready_goes_where_least_is_to_fetch_while_cores_are_free) {
  const engine::Outcome outcome = run(small(), "blevel", 1);
  // Both that need the object follow it, as far as there are cores; nobody moves 50 MiB for a task of a second.
  BOOST_TEST(outcome.tasks[1].node == outcome.tasks[0].node);
  BOOST_TEST(outcome.tasks[1].start == 2);
}

// Two chains for one core each: who knows that the second is longer begins with it; who does not begins with either.
BOOST_AUTO_TEST_CASE(what_a_policy_does_not_know_does_not_guide_it) {
  engine::Case what;
  what.name = "two";
  what.tasks = {{"short", 1, 1, {}, {}}, {"long", 5, 1, {}, {}}, {"middle", 4, 1, {}, {}}};
  what.tasks[0].expected_duration = 9, what.tasks[1].expected_duration = 2, what.tasks[2].expected_duration = 3;
  what.cpus = {1, 1};
  what.bandwidth = 1;
  const auto first_two = [&](engine::Information information, std::uint64_t seed) {
    const engine::Outcome outcome = run(what, "blevel", seed, {}, information);
    std::string begun;
    for (const engine::TaskTimes& task : outcome.tasks)
      if (task.start == 0) begun += what.tasks[task.task].name + " ";
    return begun;
  };
  bool differs = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST(first_two(engine::Information::exact, seed) == "long middle ");
    BOOST_TEST(first_two(engine::Information::user, seed) == "short middle ");
    differs |= first_two(engine::Information::mean, seed) != first_two(engine::Information::mean, 1);
  }
  BOOST_TEST(differs);
  BOOST_TEST(run(what, "blevel", 1, {}, engine::Information::user).makespan == 6);  // They take what they take.
  const engine::Case mean = engine::known(what, engine::Information::mean);
  for (const engine::Task& task : mean.tasks) BOOST_TEST(task.duration == 10.0 / 3, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(one_seed_gives_one_run_and_all_names_are_known) {
  for (const std::string& name : policy::names()) {
    const engine::Outcome a = run(small(), name, 7), b = run(small(), name, 7);
    BOOST_TEST((a.makespan == b.makespan && a.total_transfer == b.total_transfer && a.sum_task_end == b.sum_task_end));
  }
  BOOST_TEST((policy::make("best", 1) == nullptr));
}

BOOST_AUTO_TEST_CASE(the_scheduler_is_not_called_again_before_its_interval_is_over) {
  engine::Setting setting;
  setting.interval = 1.5, setting.scheduling_time = 0.25;
  engine::Case chain;
  chain.name = "chain";
  chain.tasks = {{"first", 1, 1, {}, {0}}, {"second", 1, 1, {0}, {}}};
  chain.objects = {{0, 0}};
  chain.cpus = {1};
  chain.bandwidth = 1;
  const engine::Outcome outcome = run(chain, "blevel", 1, setting);
  BOOST_TEST(outcome.tasks[0].start == 0.25);  // The first answer.
  BOOST_TEST(outcome.tasks[1].start == 2);     // Ended at 1.25, called at 1.75, answered at 2.
  BOOST_TEST(outcome.makespan == 3.75);
}

// "long" ends in the instant in which the answer to the end of "short" comes: the policy is asked again once that one is applied, or it would give cores twice.
BOOST_AUTO_TEST_CASE(the_scheduler_is_not_called_before_its_last_answer_is_applied) {
  struct Watching final : engine::Policy {
    std::unique_ptr<engine::Policy> its;
    std::int64_t free_at_3 = -1;
    void decide(const engine::View& view, std::vector<engine::Assignment>& out) override {
      if (view.now() == 3) free_at_3 = view.free_cores(0);
      its->decide(view, out);
    }
  } watching;
  engine::Case what;
  what.name = "answers";
  what.tasks = {{"short", 1, 1, {}, {0}}, {"long", 2, 1, {}, {}}, {"a", 10, 1, {0}, {}}, {"b", 10, 1, {0}, {}}, {"c", 10, 1, {0}, {}}};
  what.objects = {{1, 0}};
  what.cpus = {2};
  what.bandwidth = 1;
  watching.its = policy::make("blevel", 1);
  engine::Setting setting;
  setting.scheduling_time = 1;
  const auto outcome = engine::simulate(what, what, watching, setting);
  BOOST_REQUIRE(bool(outcome));
  BOOST_TEST(watching.free_at_3 == 1);  // "a" has the other.
}

BOOST_AUTO_TEST_CASE(what_a_policy_throws_ends_the_run_with_its_words) {
  struct Throwing final : engine::Policy {
    void decide(const engine::View&, std::vector<engine::Assignment>&) override { throw 42; }
  } throwing;
  const auto outcome = engine::simulate(small(), small(), throwing, {});
  BOOST_REQUIRE(!outcome);
  BOOST_TEST(outcome.failure().message == "the policy threw at 0 s: something that is no std::exception");
}

BOOST_AUTO_TEST_CASE(times_that_cannot_be_told_apart_are_refused) {
  engine::Case what = small();
  what.tasks[0].duration = 1e8;
  const auto outcome = engine::simulate(what, what, *policy::make("blevel", 1), {});
  BOOST_REQUIRE(!outcome);
  BOOST_TEST(outcome.failure().message.find("times beyond 8388608 s") != std::string::npos, outcome.failure().message);
}

BOOST_AUTO_TEST_CASE(a_policy_that_leaves_tasks_lying_is_told_of) {
  struct Nothing final : engine::Policy {
    void decide(const engine::View&, std::vector<engine::Assignment>&) override {}
  } nothing;
  const auto outcome = engine::simulate(small(), small(), nothing, {});
  BOOST_REQUIRE(!outcome);
  BOOST_TEST(outcome.failure().message.find("no decision gives it a node") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
