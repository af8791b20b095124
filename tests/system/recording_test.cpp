// Runs over node processes, recorded; then a fresh core must decide as the live one did.
#include "client/tessera.hpp"
#include "serialization/recording.hpp"
#include "simulation/recorded/verify.hpp"
#include "simulation/recorded/what_if.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace {
namespace fs = std::filesystem;
namespace recorded = tessera::simulation::recorded;
using tessera::Cluster;
using tessera::runtime::coordinator::Recording;

std::vector<double> recorded_ramp(std::int64_t n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }
std::vector<double> recorded_plus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> sum(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] = a[i] + b[i];
  return sum;
}
std::int64_t recorded_process(std::int64_t) { return getpid(); }
double recorded_failure(std::int64_t) { throw std::runtime_error("meant to fail"); }
double recorded_first(const std::vector<double>& all) { return all.front(); }
tessera::Deferred<double> recorded_graph(tessera::Context& context, std::int64_t n) {
  return context.submit(recorded_first, context.submit(recorded_ramp, n));
}
TESSERA_OPERATION(recorded_ramp);
TESSERA_OPERATION(recorded_plus);
TESSERA_OPERATION(recorded_process);
TESSERA_OPERATION(recorded_failure);
TESSERA_OPERATION(recorded_first);
TESSERA_OPERATION(recorded_graph);

struct File {
  std::string path = (fs::temp_directory_path() / ("tessera-recording-test-" + std::to_string(getpid()))).string();
  ~File() { fs::remove(path); }
  Recording read() const {
    auto recording = tessera::serialization::read_recording(path);
    BOOST_REQUIRE_MESSAGE(recording, (recording ? "" : recording.failure().message));
    return std::move(*recording);
  }
};

/// Blocks of 64 KiB added pairwise: results travel.
std::vector<tessera::Future<std::vector<double>>> sums(Cluster& cluster, std::int64_t count) {
  tessera::Graph graph;
  std::vector<tessera::Deferred<std::vector<double>>> level;
  for (std::int64_t i = 0; i < count; ++i) level.push_back(graph.add(recorded_ramp, 8192 + i % 2));
  while (level.size() > 1) {
    std::vector<tessera::Deferred<std::vector<double>>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(graph.add(recorded_plus, level[i], level[i + 1]));
    level = std::move(next);
  }
  return cluster.compute(std::move(graph), level);
}

void decides_again(const tessera::runtime::coordinator::JobRecording& job) {
  const recorded::Verdict verdict = recorded::verify(job);
  BOOST_TEST(verdict.difference == "");
  BOOST_TEST(verdict.steps == job.steps.size());
}
/// Each task began after what it needs was made, but for what clocks are apart, and the engine can carry out what was decided.
void is_a_case(recorded::LiveRun run) {
  run.what.bandwidth = 1000;
  BOOST_TEST(!!tessera::simulation::engine::check(run.what));
  for (std::size_t task = 0; task < run.what.tasks.size(); ++task)
    for (const std::uint32_t input : run.what.tasks[task].inputs)
      BOOST_TEST(run.outcome.tasks[run.what.objects[input].producer].end <= run.outcome.tasks[task].start + 0.05, run.what.tasks[task].name);
  const auto outcome = tessera::simulation::engine::replay(run.what, run.decisions, {});
  BOOST_REQUIRE_MESSAGE(outcome, (outcome ? "" : outcome.failure().message));
  BOOST_TEST(outcome->last_task_end > 0);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(system_recording)

BOOST_AUTO_TEST_CASE(a_recorded_run_decides_again_as_it_did_with_each_policy) {
  for (const char* policy : {"locality", "random", "round_robin"}) BOOST_TEST_CONTEXT(policy) {
    File file;
    std::string given, added;
    {
      Cluster cluster = Cluster::processes({.processes = 2, .lanes = 2, .record = file.path, .policy = policy, .seed = 7});
      const auto mine = cluster.scatter(std::vector<double>(8192, 2.0));
      cluster.wait(sums(cluster, 16));
      const auto other = cluster.submit(recorded_plus, mine, mine);
      BOOST_TEST(other.get().front() == 4.0);
      given = mine.key(), added = other.key();
      BOOST_TEST(cluster.submit(recorded_graph, std::int64_t{5}).get() == 1.0);
      BOOST_CHECK_THROW(cluster.submit(recorded_failure, std::int64_t{1}).get(), tessera::Error);
    }
    const Recording recording = file.read();
    BOOST_TEST(recording.bytes_lost == 0u);
    BOOST_REQUIRE(recording.jobs.size() == 1u);
    decides_again(recording.jobs[0]);
    auto run = recorded::live_run(recording.jobs[0]);
    BOOST_REQUIRE(run);
    BOOST_TEST(run->submissions == 4u);
    BOOST_TEST(run->failed == 1u);
    BOOST_TEST(run->lost == 0u);
    BOOST_TEST(std::ranges::count(run->is_data, true) == 1);
    const auto of = [&](const std::string& operation) { return std::ranges::count_if(run->operations, [&](const std::string& one) { return one.find(operation) != std::string::npos; }); };
    BOOST_TEST(of("recorded_ramp") == 3);  // Equal calls share one run.
    BOOST_TEST(of("recorded_graph") == 1);
    BOOST_TEST(of("forward") == 1);
    const auto operation_of = [](const recorded::LiveRun& its, const std::string& key) {
      const auto at = std::ranges::find(its.keys, key, [](const tessera::runtime::Key& one) { return to_string(one); });
      return at == its.keys.end() ? "none" : its.operations.at(static_cast<std::size_t>(at - its.keys.begin()));
    };
    BOOST_TEST(operation_of(*run, given) == "scatter");
    BOOST_TEST(operation_of(*run, added).find("recorded_plus") != std::string::npos);
    is_a_case(*run);
    const recorded::LiveRun anywhere = recorded::without_data(*run);
    BOOST_TEST(anywhere.what.tasks.size() + 1 == run->what.tasks.size());
    BOOST_TEST(anywhere.keys.size() == anywhere.what.tasks.size());
    BOOST_TEST(operation_of(anywhere, given) == "none");
    BOOST_TEST(operation_of(anywhere, added).find("recorded_plus") != std::string::npos);
    is_a_case(anywhere);
    for (const char* another : {"locality", "random", "round_robin"}) {
      const auto outcome = recorded::run_by_cores(*run, another, 1, {});
      BOOST_REQUIRE_MESSAGE(outcome, (outcome ? "" : outcome.failure().message));
      BOOST_TEST(outcome->makespan.ns > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_in_which_a_node_is_killed_decides_again_as_it_did) {
  File file;
  {
    Cluster cluster = Cluster::processes({.processes = 2, .lanes = 1, .record = file.path});
    const auto futures = sums(cluster, 64);
    const auto processes = cluster.map(recorded_process, std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8});
    cluster.wait(processes);
    ::kill(static_cast<pid_t>(processes.front().get()), SIGKILL);
    cluster.wait(futures);
    cluster.wait(sums(cluster, 32));
  }
  const Recording recording = file.read();
  const auto lost = [](const auto& step) { return std::holds_alternative<tessera::runtime::coordinator::NodeLost>(step.event); };
  BOOST_REQUIRE(recording.jobs.size() == 1u);
  BOOST_TEST(std::ranges::any_of(recording.jobs[0].steps, lost));
  decides_again(recording.jobs[0]);
  const auto run = recorded::live_run(recording.jobs[0]);
  BOOST_REQUIRE(run);
  is_a_case(*run);
}

BOOST_AUTO_TEST_CASE(a_cluster_inside_the_program_is_recorded_too_and_another_decision_is_found) {
  File file;
  {
    Cluster cluster = Cluster::local({.lanes = 2, .record = file.path});
    cluster.wait(sums(cluster, 16));
  }
  Recording recording = file.read();
  decides_again(recording.jobs.at(0));
  for (auto& step : recording.jobs[0].steps)
    if (!step.placements.empty()) {
      step.placements.front().node.value += 1;
      break;
    }
  const recorded::Verdict verdict = recorded::verify(recording.jobs[0]);
  BOOST_TEST(verdict.steps < recording.jobs[0].steps.size());
  BOOST_TEST(verdict.difference.find("decision 1 of the step was task ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_recording_that_cannot_be_written_is_refused_where_it_is_asked_for) {
  for (const char* path : {"/nowhere/at/all", "/dev/full"}) {
    const auto says_so = [](const tessera::Error& error) { return error.code() == tessera::ErrorCode::io_failed && std::string(error.what()).find("cannot be written") != std::string::npos; };
    BOOST_CHECK_EXCEPTION(static_cast<void>(Cluster::local({.record = path})), tessera::Error, says_so);
    BOOST_CHECK_EXCEPTION(static_cast<void>(Cluster::processes({.processes = 1, .record = path})), tessera::Error, says_so);
  }
}

BOOST_AUTO_TEST_SUITE_END()
