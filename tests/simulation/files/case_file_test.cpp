#include "simulation/files/case_file.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

using namespace tessera::simulation;
using namespace tessera::simulation::files;

namespace {
const std::string folder = TESSERA_SOURCE_DIR "/tests/data/simulation/";

std::vector<CaseRuns> cases_of(const std::string& name) {
  auto cases = read_cases(folder + name);
  BOOST_REQUIRE_MESSAGE(bool(cases), cases.failure().message);
  return std::move(*cases);
}
bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b)); }

/// `by_object`: each transfer by its object; else only when transfers to each node begin and end.
void compare(const engine::Outcome& outcome, const Expected& expected, bool by_object = true) {
  BOOST_TEST(near(outcome.makespan, expected.makespan), outcome.makespan << " " << expected.makespan);
  BOOST_TEST(near(outcome.last_task_end, expected.last_task_end));
  if (expected.has_sum) BOOST_TEST(near(outcome.sum_task_end, expected.sum_task_end));
  BOOST_TEST(near(outcome.total_transfer, expected.total_transfer));
  BOOST_TEST(outcome.transfer_count == expected.transfer_count);
  for (const engine::TaskTimes& task : expected.tasks) {
    const engine::TaskTimes& real = outcome.tasks[task.task];
    BOOST_TEST((real.node == task.node && near(real.start, task.start) && near(real.end, task.end)), "task " << task.task << " from " << real.start << " to " << real.end);
  }
  const auto place = [&](const engine::TransferTimes& one) { return std::tuple(by_object ? one.object : 0, one.to, by_object ? 0 : one.start); };
  auto real = outcome.transfers, there = expected.transfers;
  std::ranges::sort(real, {}, place);
  std::ranges::sort(there, {}, place);
  BOOST_REQUIRE(real.size() == there.size());
  for (std::size_t i = 0; i < real.size(); ++i)
    BOOST_TEST((real[i].to == there[i].to && (!by_object || (real[i].object == there[i].object && real[i].from == there[i].from)) && near(real[i].start, there[i].start) && near(real[i].end, there[i].end)),
               "object " << there[i].object << " from " << real[i].start << " to " << real[i].end);
}

void refused(const std::string& text, const std::string& why) {
  const auto cases = parse_cases(text);
  BOOST_REQUIRE(!cases);
  BOOST_TEST(cases.failure().message.find(why) != std::string::npos, cases.failure().message);
}
std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}
const std::string good = R"({"format": "sched-sim-case/1", "name": "two", "bandwidth": 50,
  "graph": {"tasks": [{"id": 0, "name": "a", "duration": 3, "cpus": 1, "inputs": [], "outputs": [0]},
                      {"id": 1, "name": "b", "duration": 1, "cpus": 1, "inputs": [0], "outputs": []}],
            "objects": [{"id": 0, "size": 100, "producer": 0}]},
  "cluster": {"workers": [{"id": 0, "cpus": 1}, {"id": 1, "cpus": 1}]},
  "runs": [{"netmodel": "simple", "decisions": [[0, [[0, 0, 0, 0], [1, 1, 0, 0]]]]}]})";
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_files_case_file)

BOOST_AUTO_TEST_CASE(each_rule_of_execution_gives_its_times) {
  const auto cases = cases_of("micro.json");
  BOOST_TEST(cases.size() == 23u);
  for (const CaseRuns& one : cases)
    for (const Run& run : one.runs) {
      BOOST_TEST_CONTEXT(one.what.name << ", " << run.network << ", interval " << run.setting.interval << ", scheduling time " << run.setting.scheduling_time) {
        const auto outcome = engine::replay(one.what, run.decisions, run.setting);
        BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
        compare(*outcome, run.expected, one.what.name != "limit-total");  // Which four of six equal ones go first is nowhere said.
      }
    }
}

BOOST_AUTO_TEST_CASE(recorded_decisions_of_ten_schedulers_give_the_recorded_times) {
  std::size_t robust = 0, others = 0;
  for (const char* name : {"crossv-2x8-32.json", "fork1-3x2-50.json", "gridcat-4x4-128.json", "merge_neighbours-4x4-100.json", "montage-8x4-16.json", "triplets-stairs-64.json"})
    for (const CaseRuns& one : cases_of(name))
      for (std::size_t i = 0; i < one.runs.size(); ++i) {
        const Run& run = one.runs[i];
        BOOST_TEST_CONTEXT(name << ", run " << i << ": " << run.network << ", " << run.scheduler) {
          const auto outcome = engine::replay(one.what, run.decisions, run.setting);
          BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
          compare(*outcome, run.expected);
          ++(run.order_robust ? robust : others);
          engine::Setting by_priority = run.setting;
          by_priority.one_by_one = false;
          const auto other = engine::replay(one.what, run.decisions, by_priority);
          BOOST_REQUIRE_MESSAGE(bool(other), other.failure().message);
          const double makespan = run.order_robust ? run.expected.makespan : run.makespan_ready_set_order;
          BOOST_TEST(near(other->makespan, makespan), other->makespan << " " << makespan);
        }
      }
  BOOST_TEST(robust == 113u);
  BOOST_TEST(others == 6u);
}

BOOST_AUTO_TEST_CASE(tasks_have_kinds_resources_and_a_time_at_which_they_are_known) {
  std::string text = with(good, "\"name\": \"b\",", "\"name\": \"b-12\", \"resources\": {\"gpu\": 2}, \"after\": 0,");
  text = with(text, "\"name\": \"a\",", "\"name\": \"a\", \"kind\": \"maker\",");
  text = with(text, "\"size\": 100, \"producer\": 0}]", "\"size\": 100, \"producer\": 0}, {\"id\": 1, \"size\": 7, \"home\": 1}], \"jobs\": [{\"name\": \"late\", \"arrival\": 5, \"tasks\": [1, 1]}]");
  refused(text, "needs 1 cores, 2 gpu, and no node has all of that");
  refused(with(text, "\"gpu\": 2", "\"gpu\": 0"), "graph.tasks[1].resources.gpu: a whole number of at least 1");
  refused(with(text, "\"after\": 0", "\"after\": 2"), "graph.tasks[1].after: the number of a task (below 2)");
  refused(with(text, "[1, 1]}]", "[1, 0]}]"), "the first and the last task of a job");
  const auto plain = parse_cases(with(text, "{\"id\": 1, \"cpus\": 1}", "{\"id\": 1, \"cpus\": 1, \"resources\": {\"gpu\": 3}}"));
  BOOST_REQUIRE_MESSAGE(bool(plain), plain.failure().message);
  const engine::Case& what = plain->front().what;
  BOOST_TEST(what.kinds == (std::vector<std::string>{"maker", "b"}), boost::test_tools::per_element());
  BOOST_TEST((what.tasks[1].kind == 1 && what.revealed_by[1] == 0 && what.revealed_by[0] == engine::nobody));
  BOOST_TEST((!what.fits(1, 0) && what.fits(1, 1) && what.fits(0, 0)));
  BOOST_TEST((what.objects[1].producer == engine::nobody && what.objects[1].home == 1));
  BOOST_TEST((what.jobs.size() == 1 && what.jobs[0].arrival == 5 && what.jobs[0].first == 1 && what.jobs[0].end == 2));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file_is_said_with_its_place) {
  BOOST_TEST(bool(parse_cases(good)));
  refused("{", "it is not JSON");
  refused("[]", "the file: an object was expected");
  refused(with(good, "sched-sim-case/1", "other/1"), "format: \"sched-sim-case/1\", \"sched-sim-micro/1\" or \"wfformat-expected/1\" was expected, and there is \"other/1\"");
  refused(with(good, "\"size\": 100", "\"size\": -1"), "graph.objects[0].size: a number of at least 0 was expected, and there is -1");
  refused(with(good, "\"duration\": 3", "\"duration\": \"3\""), "graph.tasks[0].duration: a number was expected");
  refused(with(good, "\"cpus\": 1, \"inputs\": []", "\"cores\": 1, \"inputs\": []"), "graph.tasks[0]: the field \"cores\" is not known");
  refused(with(good, "\"bandwidth\": 50,", ""), "the field \"bandwidth\" is missing");
  refused(with(good, "\"bandwidth\": 50,", "\"bandwidth\": 0,"), "bandwidth: a number above 0 was expected");
  refused(with(good, "\"inputs\": [0]", "\"inputs\": [7]"), "graph.tasks[1].inputs[0]: the number of an object (below 1) was expected, and there is 7");
  refused(with(good, "\"producer\": 0", "\"producer\": 1"), "an object whose producer is task 0 was expected");
  refused(with(good, "\"inputs\": []", "\"inputs\": [0]"), "the graph has a cycle");
  refused(with(good, "\"cpus\": 1, \"inputs\": [0]", "\"cpus\": 4, \"inputs\": [0]"), "needs 4 cores, and no node has more than 1");
  refused(with(good, "[1, 1, 0, 0]", "[1, 2, 0, 0]"), "runs[0].decisions[0][1][1][1]: the number of a worker (below 2) was expected, and there is 2");
  refused(with(good, "[[0, [[", "[[1, []], [0, [["), "a time of at least 1, that of the decision before");
  BOOST_TEST(read_cases(folder + "nothing.json").failure().message.find("nothing.json cannot be read") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
