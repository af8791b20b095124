// Rules of docs/semantics.md that need several processes, or several programs, to be broken.
#include "actors/cluster_host.hpp"
#include "actors/node_process.hpp"
#include "tests/client/gate.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <sstream>
#include <thread>

namespace {
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;
using tessera::State;
using tessera::test::ClosedGate;
using tessera::test::Gate;
using Block = std::vector<double>;

Gate gate;

/// An exception type that only the nodes throw.
struct Unheard : std::runtime_error {
  using std::runtime_error::runtime_error;
};
double far_boom(std::int64_t which) {
  switch (which) {
    case 0: throw std::invalid_argument("boom over the wire");
    case 1: throw Unheard("never heard of");
    case 2: throw std::string("only text");
    case 3: throw "only characters";
    case 4: throw 42;
    case 5: throw std::bad_alloc();
    case 6: throw std::runtime_error(std::string(20'000, 'x'));
    default: return 0;
  }
}
double far_add(double a, double b) { return a + b; }
double far_twice(double x) { return 2 * x; }
double far_held(double x) {
  gate.pass();
  return x;
}
/// One line a run, whole even where two processes write: who ran what.
void note(const std::string& path, std::int64_t what) {
  const std::string line = std::to_string(what) + " " + std::to_string(getpid()) + "\n";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  [[maybe_unused]] const auto written = write(file, line.data(), line.size());
  close(file);
}
Block far_block(const std::string& log, std::int64_t what) {
  note(log, what);
  return Block(50'000, static_cast<double>(what));
}
Block far_next(const std::string& log, std::int64_t what, const Block& before) {
  note(log, what);
  Block next(before);
  for (double& x : next) x += 0.5;
  return next;
}
/// Ends the process it runs in, the first time: the file says that it has happened, and to whom.
double far_deadly(const std::string& marker, double x) {
  if (!std::ifstream(marker)) {
    std::ofstream(marker) << getpid() << "\n";
    raise(SIGKILL);
  }
  return x;
}
double far_sum(double first, const std::vector<Block>& all) {
  for (const Block& one : all) first += one[4711];
  return first;
}
TESSERA_OPERATION(far_boom);
TESSERA_OPERATION(far_add);
TESSERA_OPERATION(far_twice);
TESSERA_OPERATION(far_held);
TESSERA_OPERATION(far_block);
TESSERA_OPERATION(far_next);
TESSERA_OPERATION(far_deadly);
TESSERA_OPERATION(far_sum);

Error error_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  BOOST_FAIL("no error");
  throw std::logic_error("not reached");
}

/// A file that goes with the test.
struct Scratch {
  explicit Scratch(const std::string& name)
      : path((std::filesystem::temp_directory_path() / ("tessera-" + name + "-" + std::to_string(getpid()))).string()) {
    std::filesystem::remove(path);
  }
  ~Scratch() { std::filesystem::remove(path); }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    return all.str();
  }
  std::string path;
};

/// A coordinator and a node in this process, with the wire between them: gates hold the node's operations.
struct Near {
  std::unique_ptr<tessera::actors::ClusterHost> host = std::move(*tessera::actors::ClusterHost::start({}));
  std::unique_ptr<tessera::actors::NodeProcess> node;
  explicit Near(std::uint32_t lanes) {
    tessera::actors::NodeOptions options;
    options.coordinator = host->endpoint();
    options.name = "near";
    options.lanes = lanes;
    options.link.listen.clear();
    node = std::move(*tessera::actors::NodeProcess::start(options, {}));
  }
  /// Returns once the coordinator has heard what the program said before: it answers in order.
  static void heard(Cluster& cluster) {
    const auto last = cluster.submit({.impure = true}, far_twice, 0.0);
    last.cancel();
    last.wait_for(std::chrono::nanoseconds::max());
  }
  Cluster connect(const std::string& job) const { return Cluster::connect(host->endpoint(), {.job = job}); }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(system_rules)

BOOST_AUTO_TEST_CASE(E8_what_an_operation_throws_keeps_type_words_and_place_over_the_wire) {
  Cluster cluster = Cluster::processes({.processes = 1});
  struct Expected { std::string type, words; ErrorCode code; };
  const std::vector<Expected> all{{"std::invalid_argument", "boom over the wire", ErrorCode::task_failed},
                                  {"(anonymous namespace)::Unheard", "never heard of", ErrorCode::task_failed},
                                  {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
                                   "only text", ErrorCode::task_failed},
                                  {"char const*", "only characters", ErrorCode::task_failed},
                                  {"int", "an exception without words", ErrorCode::task_failed},
                                  {"std::bad_alloc", "the operation could not allocate memory", ErrorCode::out_of_memory},
                                  {"std::runtime_error", std::string(8192, 'x'), ErrorCode::task_failed}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto bad = cluster.submit({.retries = 1}, far_boom, static_cast<std::int64_t>(i));
    for (const auto& future : {bad, cluster.submit(far_add, bad, 2.0)}) {
      const Error error = error_of([&] { future.get(); });
      BOOST_TEST((error.code() == all[i].code));
      BOOST_TEST(error.thrown_type() == all[i].type);
      BOOST_TEST(error.thrown_message() == all[i].words);
      BOOST_TEST(error.operation() == "far_boom");
      BOOST_TEST(error.key() == bad.key());
      BOOST_TEST(error.node() == "node1");
      BOOST_TEST(error.attempts() == 2u);
    }
  }
}

BOOST_AUTO_TEST_CASE(K1_two_programs_of_one_job_share_a_run) {
  const Near near(1);
  const ClosedGate closed(gate);
  Cluster one = near.connect("shared"), other = near.connect("shared"), stranger = near.connect("another");
  const auto a = one.submit(far_held, 1.0), b = other.submit(far_held, 1.0);
  gate.await(1);
  gate.open();
  BOOST_TEST(a.get() + b.get() == 2.0);
  BOOST_TEST(gate.arrived() == 1);
  BOOST_TEST(stranger.submit(far_held, 1.0).get() == 1.0);
  BOOST_TEST(gate.arrived() == 2);
}

BOOST_AUTO_TEST_CASE(C2_a_cancel_is_a_programs_own_unless_it_is_forced) {
  const Near near(1);
  const ClosedGate closed(gate);
  Cluster one = near.connect("shared"), other = near.connect("shared");
  const auto a = one.submit(far_held, 2.0), b = other.submit(far_held, 2.0);
  gate.await(1);
  Near::heard(other);
  a.cancel(false, "one has enough");
  BOOST_TEST((error_of([&] { a.get(); }).code() == ErrorCode::cancelled));
  const auto c = one.submit(far_twice, 4.0), d = other.submit(far_twice, 4.0);
  Near::heard(other);
  c.cancel(true, "nobody shall have it");
  for (const auto& future : {c, d}) {
    const Error error = error_of([&] { future.get(); });
    BOOST_TEST((error.code() == ErrorCode::cancelled));
  }
  BOOST_TEST((b.state() == State::pending));
  gate.open();
  BOOST_TEST(b.get() == 2.0);
  BOOST_TEST(gate.arrived() == 1);
}

BOOST_AUTO_TEST_CASE(W1_W2_W3_a_node_that_is_killed_costs_exactly_what_it_had_and_no_error) {
  const Scratch log("log"), marker("marker");
  Cluster cluster = Cluster::processes({.processes = 2, .lanes = 1, .policy = "round_robin"});
  constexpr std::int64_t chains = 16;
  // Of each chain only the last block is wanted: the first is freed when the second is there.
  std::vector<Future<Block>> wanted;
  {
    tessera::Graph graph;
    std::vector<tessera::Deferred<Block>> last;
    for (std::int64_t i = 0; i < chains; ++i)
      last.push_back(graph.add(far_next, log.path, 100 + i, graph.add(far_block, log.path, i)));
    wanted = cluster.compute(std::move(graph), last);
  }
  cluster.wait(wanted);
  // The program waits for this while the node dies under it. What needs the blocks comes later: it would have copies made of some.
  const auto deadly = cluster.submit(far_deadly, marker.path, 3.0);
  BOOST_TEST(cluster.submit(far_sum, deadly, std::vector<Future<Block>>{}).get() == 3.0);
  double expected = 3.0;
  for (std::int64_t i = 0; i < chains; ++i) expected += static_cast<double>(i) + 0.5;
  BOOST_TEST(cluster.submit(far_sum, deadly, wanted).get() == expected);
  for (std::int64_t i = 0; i < chains; ++i)
    BOOST_TEST((wanted[static_cast<std::size_t>(i)].get() == Block(50'000, static_cast<double>(i) + 0.5)));

  const int dead = std::stoi(marker.text());
  std::map<std::int64_t, std::vector<int>> runs;
  std::istringstream lines(log.text());
  for (std::int64_t what = 0, process = 0; lines >> what >> process;) runs[what].push_back(static_cast<int>(process));
  std::int64_t lost = 0;
  for (std::int64_t i = 0; i < chains; ++i) {
    const bool was_there = runs[100 + i].front() == dead;
    lost += was_there;
    for (const std::int64_t what : {i, 100 + i}) BOOST_TEST(runs[what].size() == (was_there ? 2u : 1u), "task " << what);
  }
  BOOST_TEST(lost > 0);
  BOOST_TEST(lost < chains);
}

BOOST_AUTO_TEST_SUITE_END()
