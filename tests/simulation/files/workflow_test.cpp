#include "simulation/files/case_file.hpp"
#include "simulation/files/workflow.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace tessera::simulation;
using namespace tessera::simulation::files;
using tessera::runtime::ErrorCode;

namespace {
const std::string folder = TESSERA_SOURCE_DIR "/tests/data/wfformat/";
bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b)); }

Workflow workflow_of(const std::string& text) {
  auto workflow = parse_workflow(text);
  BOOST_REQUIRE_MESSAGE(bool(workflow), workflow.failure().message);
  return std::move(*workflow);
}
void refused(const std::string& text, const std::string& why, ErrorCode code = ErrorCode::bad_input) {
  const auto workflow = parse_workflow(text);
  BOOST_REQUIRE(!workflow);
  BOOST_TEST((workflow.failure().code == code));
  BOOST_TEST(workflow.failure().message.find(why) != std::string::npos, workflow.failure().message);
}
std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

/// A reads what was there and makes two files; B reads one of them; C waits for A and reads nothing.
const std::string v15 = R"({"name": "three", "schemaVersion": "1.5", "workflow": {
  "specification": {
    "tasks": [{"name": "first", "id": "A", "parents": [], "children": ["B"], "inputFiles": ["there"], "outputFiles": ["x", "y"]},
              {"name": "second", "id": "B", "parents": ["A"], "children": [], "inputFiles": ["x", "x"], "outputFiles": []},
              {"name": "third", "id": "C", "parents": ["A"], "children": []}],
    "files": [{"id": "there", "sizeInBytes": 5}, {"id": "x", "sizeInBytes": 1048576}, {"id": "y", "sizeInBytes": 3}]},
  "execution": {"makespanInSeconds": 9.5, "executedAt": "2026", "tasks": [{"id": "B", "runtimeInSeconds": 2, "coreCount": 1.5}, {"id": "A", "runtimeInSeconds": 1.5, "memoryInBytes": 7},
                          {"id": "C", "runtimeInSeconds": 3}]}}})";
const std::string v14 = R"({"name": "three", "schemaVersion": "1.4", "workflow": {"makespanInSeconds": 9.5, "tasks": [
  {"name": "A", "id": "ID01", "type": "compute", "runtimeInSeconds": 1.5, "parents": [], "files": [
     {"link": "input", "name": "there", "sizeInBytes": 5}, {"link": "output", "name": "x", "sizeInBytes": 1048576}, {"link": "output", "name": "y", "sizeInBytes": 3}]},
  {"name": "B", "type": "compute", "runtimeInSeconds": 2, "cores": 2, "parents": ["A"], "files": [{"link": "input", "name": "x", "sizeInBytes": 1048576}]},
  {"name": "C", "type": "compute", "runtimeInSeconds": 3, "parents": ["ID01"], "files": []}]}})";
const std::string dax = R"(<?xml version="1.0"?>
<!-- made by hand -->
<adag xmlns="http://pegasus.isi.edu/schema/DAX" name="three" jobCount="3">
  <job id="A" name="first" runtime="1.5"><uses file="there" link="input" size="5"/><uses file="x" link="output" register="true" size="1048576"/><uses file="y" link="output" size="3"/></job>
  <job id="B" name="second" runtime="2" cores="2"><uses file="x" link="input" size="1048576"/></job>
  <job id="C" name="third" runtime="3"/>
  <child ref="B"><parent ref="A"/></child>
  <child ref="C"><parent ref="A"/></child>
</adag>)";
std::string v13() {
  std::string text = v14;
  for (const auto& [now, then] : {std::pair("\"1.4\"", "\"1.3\""), std::pair("makespanInSeconds", "makespan")}) text = with(text, now, then);
  for (const auto& [now, then] : {std::pair(std::string("runtimeInSeconds"), "runtime"), std::pair(std::string("sizeInBytes"), "size")})
    for (std::size_t at = 0; (at = text.find(now)) != std::string::npos;) text.replace(at, now.size(), then);
  return text;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_files_workflow)

BOOST_AUTO_TEST_CASE(real_traces_look_as_the_reference_says) {
  std::ifstream file(folder + "expected.json");
  const auto expected = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& one : expected["files"]) {
    const auto workflow = read_workflow(folder + one["file"].get<std::string>());
    BOOST_REQUIRE_MESSAGE(bool(workflow), workflow.failure().message);
    const Facts facts = facts_of(*workflow);
    const auto& its = one["facts"];
    BOOST_TEST(facts.tasks == its["tasks"].get<std::uint64_t>());
    BOOST_TEST(facts.task_edges == its["task_edges"].get<std::uint64_t>());
    BOOST_TEST(facts.produced_files == its["produced_files"].get<std::uint64_t>());
    BOOST_TEST(facts.all_files == its["all_files"].get<std::uint64_t>());
    BOOST_TEST(facts.produced_bytes == its["produced_bytes"].get<std::uint64_t>());
    BOOST_TEST(facts.all_bytes == its["all_bytes"].get<std::uint64_t>());
    BOOST_TEST(near(facts.sum_runtime, its["sum_runtime_s"].get<double>()));
    BOOST_TEST(near(facts.critical_path_runtime, its["critical_path_runtime_s"].get<double>()));
    BOOST_TEST(facts.levels == its["levels"].get<std::uint64_t>());
    BOOST_TEST(facts.widest_level == its["widest_level"].get<std::uint64_t>());
    BOOST_TEST(facts.source_tasks == its["source_tasks"].get<std::uint64_t>());
    BOOST_TEST(facts.sink_tasks == its["sink_tasks"].get<std::uint64_t>());
    BOOST_TEST(workflow->makespan == its["recorded_makespan_s"].get<double>());
    ++seen;
  }
  BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(recorded_decisions_on_real_traces_come_to_the_same) {
  const auto cases = read_cases(folder + "expected.json");
  BOOST_REQUIRE_MESSAGE(bool(cases), cases.failure().message);
  int runs = 0;
  for (const CaseRuns& one : *cases)
    for (const Run& run : one.runs) {
      const auto outcome = engine::replay(one.what, run.decisions, run.setting);
      BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
      BOOST_TEST(near(outcome->makespan, run.expected.makespan), one.what.name << " " << run.scheduler << " " << outcome->makespan << " " << run.expected.makespan);
      BOOST_TEST(near(outcome->sum_task_end, run.expected.sum_task_end));
      BOOST_TEST(near(outcome->total_transfer, run.expected.total_transfer));
      BOOST_TEST(outcome->transfer_count == run.expected.transfer_count);
      ++runs;
    }
  BOOST_TEST(runs == 12);
}

BOOST_AUTO_TEST_CASE(all_versions_give_the_same_graph) {
  for (const std::string& text : {v15, with(v15, "1.5", "1.6"), v14, v13()}) {
    const Workflow workflow = workflow_of(text);
    const auto& tasks = workflow.graph.tasks;
    BOOST_REQUIRE(tasks.size() == 3u);
    BOOST_TEST((tasks[0].duration == 1.5 && tasks[1].duration == 2 && tasks[2].duration == 3));
    BOOST_TEST((tasks[0].cpus == 1 && tasks[1].cpus == 2));
    BOOST_REQUIRE(workflow.graph.objects.size() == 3u);
    BOOST_TEST((workflow.graph.objects[0].size == 1 && workflow.graph.objects[0].producer == 0));
    BOOST_TEST(tasks[1].inputs == std::vector<std::uint32_t>{0}, boost::test_tools::per_element());
    BOOST_TEST(tasks[2].inputs == std::vector<std::uint32_t>{2}, boost::test_tools::per_element());
    BOOST_TEST(workflow.graph.objects[2].size == 0);
    const Facts facts = facts_of(workflow);
    BOOST_TEST((facts.task_edges == 2 && facts.produced_files == 2 && facts.all_files == 3 && facts.all_bytes == 1048584 && facts.levels == 2));
    BOOST_TEST(workflow.makespan == 9.5);
  }
}

BOOST_AUTO_TEST_CASE(dax_gives_the_same_graph_too) {
  const Workflow workflow = workflow_of(dax);
  const auto& tasks = workflow.graph.tasks;
  BOOST_REQUIRE(tasks.size() == 3u);
  BOOST_TEST((tasks[0].duration == 1.5 && tasks[1].duration == 2 && tasks[2].duration == 3));
  BOOST_TEST((tasks[0].cpus == 1 && tasks[1].cpus == 2 && tasks[2].cpus == 1));
  BOOST_REQUIRE((tasks[1].inputs.size() == 1 && tasks[2].inputs.size() == 1 && tasks[0].inputs.empty()));
  const engine::Object &moved = workflow.graph.objects[tasks[1].inputs[0]], &signal = workflow.graph.objects[tasks[2].inputs[0]];
  BOOST_TEST((moved.size == 1 && moved.producer == 0 && signal.size == 0 && signal.producer == 0));
  const Facts facts = facts_of(workflow);
  BOOST_TEST((facts.task_edges == 2 && facts.levels == 2 && facts.widest_level == 2 && facts.sum_runtime == 6.5 && facts.critical_path_runtime == 4.5));
  BOOST_TEST((facts.produced_files == 2 && facts.all_files == 3));
  BOOST_TEST(tasks[1].name == "second");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_dax_is_said_with_its_place) {
  refused("<adag><job></adag>", "it is not XML: ");
  refused("<workflow/>", "an <adag> was expected, and there is <workflow>");
  refused(with(dax, "runtime=\"1.5\"", "runtime=\"fast\""), "runtime: a number of at least 0 was expected, and there is \"fast\"");
  refused(with(dax, " runtime=\"2\"", ""), "the attribute \"runtime\" is missing");
  refused(with(dax, "<parent ref=\"A\"", "<parent ref=\"Z\""), "ref: the id of a task was expected, and there is \"Z\"");
  refused(with(dax, "id=\"C\"", "id=\"A\""), "an id that no task before has");
  refused(with(dax, "link=\"input\" size=\"5\"", "link=\"sideways\" size=\"5\""), "\"input\" or \"output\" was expected");
  refused(with(dax, "link=\"input\" size=\"5\"", "link=\"inout\" size=\"5\""), "is not supported");
  refused(with(dax, "size=\"1048576\"", "size=\"1e30\""), "size: at most 1e18 bytes");
  refused(with(dax, "size=\"1048576\"", "size=\"-3\""), "size: a number of at least 0");
  refused(with(dax, "<child ref=\"B\"><parent ref=\"A\"/></child>", "<child ref=\"A\"><parent ref=\"B\"/></child>"), "cycle", ErrorCode::cycle);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_with_its_place) {
  refused("{", "it is not JSON");
  refused("[]", "an object was expected");
  refused(with(v15, "1.5", "1.2"), "schemaVersion: \"1.3\", \"1.4\", \"1.5\" or \"1.6\" was expected, and there is \"1.2\"");
  refused(with(v15, "\"x\", \"x\"", "\"z\""), "workflow.specification.tasks[1].inputFiles[0]: the id of a file in the list of files was expected, and there is \"z\"");
  refused(with(v15, "\"parents\": [\"A\"]", "\"parents\": [\"Z\"]"), "workflow.specification.tasks[1].parents[0]: the id of a task was expected");
  refused(with(v15, "\"id\": \"C\", \"parents\"", "\"id\": \"A\", \"parents\""), "an id that no task before has");
  refused(with(v15, "1048576", "1e30"), "workflow.specification.files[1].sizeInBytes: at most 1e18 bytes was expected");
  refused(with(v15, "1048576", "-1"), "workflow.specification.files[1].sizeInBytes: a number of at least 0 was expected");
  refused(with(v15, "\"runtimeInSeconds\": 1.5", "\"runtimeInSeconds\": -2"), "workflow.execution.tasks[1].runtimeInSeconds");
  refused(with(v15, "{\"id\": \"C\", \"runtimeInSeconds\": 3}", "{\"id\": \"B\", \"runtimeInSeconds\": 3}"), "a task once");
  refused(with(v15, "[\"x\", \"x\"], \"outputFiles\": []", "[\"x\"], \"outputFiles\": [\"y\"]"), "a file that is written once (task first writes it, too)");
  refused(with(v15, "\"parents\": [], \"children\": [\"B\"]", "\"parents\": [\"C\"], \"children\": [\"B\"]"), "cycle", ErrorCode::cycle);
  refused(with(v14, "\"output\", \"name\": \"y\"", "\"both\", \"name\": \"y\""), "\"input\" or \"output\" was expected");
  BOOST_TEST(read_workflow("/nowhere.json").failure().message == "/nowhere.json cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
