// What one program can get wrong on a cluster in its own process: a sentence each, and no thread left.
#include "client/plugin.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <thread>

namespace {
using tessera::Cluster;
using tessera::Deferred;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Graph;

double input_twice(double x) { return 2 * x; }
double input_add(double a, double b) { return a + b; }
/// Hands on to a task that it did not submit.
Deferred<double> input_nowhere(tessera::Context&, double) { return {}; }
/// Submits a task that is its own input.
Deferred<double> input_circle(tessera::Context& context, double) { return context.submit(input_twice, Deferred<double>{0}); }
TESSERA_OPERATION(input_twice);
TESSERA_OPERATION(input_add);
TESSERA_OPERATION(input_nowhere);
TESSERA_OPERATION(input_circle);

void refused(auto&& call, ErrorCode code, const std::string& words) {
  try {
    call();
    BOOST_TEST(false, "not refused: " << words);
  } catch (const Error& error) {
    BOOST_TEST((error.code() == code), error.what());
    BOOST_TEST(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}
std::size_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::size_t files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_bad_input)

BOOST_AUTO_TEST_CASE(a_graph_that_cannot_run_is_refused_before_anything_is_sent) {
  auto cluster = Cluster::local({.lanes = 1});
  const auto compute = [&](Graph graph, Deferred<double> wanted) { cluster.compute(std::move(graph), wanted); };
  refused([&] {
    Graph graph;
    const auto first = graph.add(input_add, 1.0, Deferred<double>{1}), second = graph.add(input_twice, first);
    compute(std::move(graph), second);
  }, ErrorCode::cycle, "cycle");
  refused([&] {
    Graph graph;
    compute(std::move(graph), graph.add(input_twice, Deferred<double>{7}));
  }, ErrorCode::dangling_input, "7");
  refused([&] {
    Graph graph;
    graph.add(input_twice, 1.0);
    compute(std::move(graph), Deferred<double>{3});
  }, ErrorCode::dangling_input, "Graph::add");
  refused([&] {
    Graph graph;
    const auto first = graph.add({.key = "same"}, input_twice, 1.0);
    graph.add({.key = "same"}, input_twice, 2.0);
    compute(std::move(graph), first);
  }, ErrorCode::key_conflict, "input_twice");
  refused([&] { cluster.submit({.resources = {{"gpu", -1}}}, input_twice, 1.0); }, ErrorCode::invalid_argument, "above 0");
  refused([&] { cluster.submit(input_twice, tessera::Future<double>()); }, ErrorCode::invalid_argument, "empty future");
  BOOST_TEST(cluster.submit(input_twice, 4.0).get() == 8.0);
  BOOST_TEST(cluster.counters().coordinator_records <= 1u);
}

BOOST_AUTO_TEST_CASE(an_operation_that_hands_on_nonsense_fails_alone) {
  auto cluster = Cluster::local({.lanes = 1});
  refused([&] { cluster.submit(input_nowhere, 1.0).get(); }, ErrorCode::task_failed, "submit()");
  refused([&] { cluster.submit(input_circle, 1.0).get(); }, ErrorCode::task_failed, "cycle");
  BOOST_TEST(cluster.submit(input_twice, 5.0).get() == 10.0);
}

BOOST_AUTO_TEST_CASE(clusters_that_cannot_be_had_leave_no_thread_and_no_file) {
  const auto try_all = [] {
    refused([] { Cluster::local({.policy = "best"}); }, ErrorCode::invalid_argument, "locality");
    refused([] { Cluster::local({.lanes = 100'000}); }, ErrorCode::invalid_argument, "at most 1024");
    refused([] { Cluster::processes({.lanes = 100'000}); }, ErrorCode::invalid_argument, "at most 1024");
    for (const auto& [limit, words] : {std::pair<tessera::MemoryLimit, const char*>{"2 potatoes", "2GiB"}, {0, "nothing to compute with"},
                                       {-1, "below 0"}, {"101%", "more than the whole"}, {1ull << 60, "the machine's memory"},
                                       {std::string("1MiB"), "32.0 MiB"}}) {
      refused([&] { Cluster::local({.memory_limit = limit}); }, ErrorCode::invalid_argument, words);
      refused([&] { Cluster::processes({.memory_limit = limit}); }, ErrorCode::invalid_argument, words);
      refused([&] { Cluster::connect("tcp://127.0.0.1:1", {.memory_limit = limit}); }, ErrorCode::invalid_argument, words);
    }
    refused([] { Cluster::processes({.processes = 2, .memory_limit = "60%"}); }, ErrorCode::invalid_argument, "for each of 2 processes");
    refused([] { Cluster::connect("nowhere"); }, ErrorCode::invalid_argument, "nowhere");
    refused([] { Cluster::connect("tcp://192.0.2.1:1", {.keys = "/nowhere/a.keys"}); }, ErrorCode::bad_input, "/nowhere/a.keys");
    refused([] { Cluster::connect("tcp://192.0.2.1:1"); }, ErrorCode::refused, "cluster init");
    refused([] { Cluster::processes({.processes = 0}); }, ErrorCode::invalid_argument, "at least one");
    refused([] { tessera::load_plugin("/nowhere/plugin.so"); }, ErrorCode::plugin_failed, "no such file");
  };
  try_all();  // ZeroMQ's context stays for the next link.
  const std::size_t threads_before = threads(), files_before = files();
  for (int i = 0; i < 5; ++i) try_all();
  // A thread that was joined leaves /proc a moment later, and libzmq closes what was closed a moment later.
  for (int i = 0; i < 1'000'000 && (threads() > threads_before || files() > files_before); ++i) std::this_thread::yield();
  BOOST_TEST(threads() <= threads_before);
  BOOST_TEST(files() <= files_before);
}

BOOST_AUTO_TEST_SUITE_END()
