// Jobs over coordinator and nodes that are processes of their own, on loopback.
#include "actors/cluster_host.hpp"
#include "actors/node_process.hpp"
#include "arrays/memory/arena.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <numeric>
#include <set>

namespace {
using tessera::Cluster;

double twice(double x) { return 2 * x; }
double add(double a, double b) { return a + b; }
std::vector<double> ramp(std::int64_t n) {
  std::vector<double> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0.0);
  return all;
}
double total(const std::vector<double>& all) { return std::accumulate(all.begin(), all.end(), 0.0); }
std::vector<double> plus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> sum(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] = a[i] + b[i];
  return sum;
}
std::int64_t process_of(std::int64_t) { return getpid(); }
tessera::Deferred<std::int64_t> fib(tessera::Context& context, std::int64_t n);
std::int64_t same(std::int64_t n) { return n; }
std::int64_t sum2(std::int64_t a, std::int64_t b) { return a + b; }
tessera::Deferred<std::int64_t> fib(tessera::Context& context, std::int64_t n) {
  if (n < 2) return context.submit(same, n);
  return context.submit(sum2, context.submit(fib, n - 1), context.submit(fib, n - 2));
}
tessera::arrays::Block large_block(std::int64_t elements) {
  return tessera::arrays::Block::make<double>({elements}, [](std::span<double> data) { std::iota(data.begin(), data.end(), 0.0); });
}
/// The process; how often it has asked the arena for memory so far; how far the block's memory is behind a mapping's begin; its sum.
std::vector<double> memory_of(const tessera::arrays::Block& block, std::int64_t) {
  const auto counters = tessera::arrays::memory::counters();
  const auto data = block.data<double>();
  return {static_cast<double>(getpid()), static_cast<double>(counters.fresh + counters.recycled),
          static_cast<double>(reinterpret_cast<std::uintptr_t>(data.data()) % (2u << 20)), std::accumulate(data.begin(), data.end(), 0.0)};
}
/// The mean of three, and in the end of each row the process that computed it.
void smooth(tessera::View<const double, 2> x, std::int64_t mark, tessera::View<double, 2> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i) {
    for (std::int64_t j = 0; j < y.extent(1); ++j) y(i, j) = (x(i - 1, j) + x(i, j) + x(i + 1, j)) / 3;
    if (mark == 1) y(i, y.extent(1) - 1) = static_cast<double>(getpid());
  }
}
TESSERA_KERNEL(smooth);
TESSERA_OPERATION(large_block);
TESSERA_OPERATION(memory_of);
TESSERA_OPERATION(twice);
TESSERA_OPERATION(add);
TESSERA_OPERATION(ramp);
TESSERA_OPERATION(total);
TESSERA_OPERATION(plus);
TESSERA_OPERATION(process_of);
TESSERA_OPERATION(fib);
TESSERA_OPERATION(same);
TESSERA_OPERATION(sum2);

/// A reduction whose values travel: blocks of 2.4 MB, added pairwise.
double reduction(Cluster& cluster) {
  tessera::Graph graph;
  std::vector<tessera::Deferred<std::vector<double>>> level;
  for (int i = 0; i < 16; ++i) level.push_back(graph.add(ramp, std::int64_t{300'000}));
  while (level.size() > 1) {
    std::vector<tessera::Deferred<std::vector<double>>> next;
    for (std::size_t i = 0; i < level.size(); i += 2) next.push_back(graph.add(plus, level[i], level[i + 1]));
    level = std::move(next);
  }
  const auto sum = graph.add(total, level[0]);
  return cluster.compute(std::move(graph), sum).get();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(system_cluster)

BOOST_AUTO_TEST_CASE(two_processes_compute_what_one_computes) {
  Cluster remote = Cluster::processes({.processes = 2, .lanes = 2, .policy = "round_robin"});
  Cluster local = Cluster::local({.lanes = 2});
  BOOST_TEST(remote.submit(add, remote.submit(twice, 4.0), 1.0).get() == 9.0);
  BOOST_TEST(reduction(remote) == reduction(local));
  std::vector<std::int64_t> numbers(200);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto where = remote.gather(remote.map(process_of, numbers));
  const std::set<std::int64_t> processes(where.begin(), where.end());
  BOOST_TEST(processes.size() == 2u);
  BOOST_TEST(!processes.contains(getpid()));
  BOOST_TEST(remote.submit(fib, std::int64_t{12}).get() == 144);
  const auto status = remote.status();
  BOOST_TEST(status.members.size() == 3u);
}

BOOST_AUTO_TEST_CASE(A10_kernels_run_in_the_processes_that_have_the_chunks) {
  namespace xp = tessera::xp;
  Cluster remote = Cluster::processes({.processes = 2, .policy = "round_robin"});
  Cluster local = Cluster::local({.lanes = 2});
  const auto x = xp::random::uniform({80, 64}, 3, {.chunks = {10, -1}});
  const auto smoothed = [&](std::int64_t mark) { return xp::map_overlap(smooth, {.depth = {1, 0}}, x, mark); };
  BOOST_TEST((smoothed(0).compute(remote) == smoothed(0).compute(local)));
  const auto marks = smoothed(1)[{tessera::Slice{}, -1}].compute(remote);
  BOOST_TEST(marks.size() == 80);
  for (const double process : marks.data<double>()) BOOST_TEST(process != static_cast<double>(getpid()));
}

BOOST_AUTO_TEST_CASE(large_values_come_to_the_program_and_go_to_the_nodes) {
  Cluster cluster = Cluster::processes({.processes = 2});
  const std::vector<double> value = ramp(700'000);
  const auto scattered = cluster.scatter(value);
  BOOST_TEST(cluster.submit(total, scattered).get() == total(value));
  const auto far = cluster.submit(plus, scattered, scattered).get();
  BOOST_TEST(far.size() == value.size());
  BOOST_TEST(far[699'999] == 2 * value[699'999]);
}

BOOST_AUTO_TEST_CASE(M8_a_pulled_block_lies_in_the_one_buffer_that_was_taken_for_the_pull) {
  Cluster cluster = Cluster::processes({.processes = 2, .policy = "round_robin"});
  constexpr std::int64_t elements = 1 << 20;
  const auto block = cluster.submit(large_block, elements);
  std::vector<tessera::Future<std::vector<double>>> all;
  for (std::int64_t i = 0; i < 16; ++i) all.push_back(cluster.submit(memory_of, block, i));
  std::set<double> processes;
  for (const auto& one : all) {
    const std::vector<double> memory = one.get();
    processes.insert(memory[0]);
    // One made the block, the other pulled it; neither took memory a second time, and the value begins where that memory does.
    BOOST_TEST(memory[1] == 1.0);
    BOOST_TEST(memory[2] < 4096.0);
    BOOST_TEST(memory[3] == static_cast<double>(elements * (elements - 1) / 2));
  }
  BOOST_TEST(processes.size() == 2u);
}

BOOST_AUTO_TEST_CASE(W11_futures_end_as_lost_when_the_coordinator_is_gone) {
  auto host = tessera::actors::ClusterHost::start({});
  BOOST_REQUIRE(host);
  Cluster cluster = Cluster::connect((*host)->endpoint());
  const auto future = cluster.submit(twice, 1.0);  // There is no node: it waits.
  (*host)->stop();
  try {
    future.get();
    BOOST_TEST(false);
  } catch (const tessera::Error& error) {
    BOOST_TEST((error.code() == tessera::ErrorCode::coordinator_lost), error.what());
  }
}

BOOST_AUTO_TEST_CASE(nobody_at_the_address_is_an_error_in_a_bounded_time) {
  try {
    Cluster::connect("tcp://127.0.0.1:1");
    BOOST_TEST(false);
  } catch (const tessera::Error& error) {
    BOOST_TEST(std::string(error.what()).find("nobody listens there") != std::string::npos, error.what());
  }
  BOOST_CHECK_THROW(Cluster::connect("nowhere"), tessera::Error);
}

BOOST_AUTO_TEST_CASE(a_node_of_a_taken_name_is_refused) {
  auto host = tessera::actors::ClusterHost::start({});
  tessera::actors::NodeOptions options;
  options.coordinator = (*host)->endpoint();
  options.name = "one";
  options.lanes = 1;
  options.link.listen.clear();
  auto first = tessera::actors::NodeProcess::start(options, {});
  BOOST_REQUIRE(first);
  auto second = tessera::actors::NodeProcess::start(options, {});
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.failure().message.find("choose another --name") != std::string::npos, second.failure().message);
}

BOOST_AUTO_TEST_CASE(a_draining_node_gets_no_more_work) {
  auto host = tessera::actors::ClusterHost::start({});
  tessera::actors::NodeOptions options;
  options.coordinator = (*host)->endpoint();
  options.lanes = 1;
  options.link.listen.clear();
  options.name = "one";
  auto one = tessera::actors::NodeProcess::start(options, {});
  BOOST_REQUIRE(one);
  Cluster cluster = Cluster::connect((*host)->endpoint());
  BOOST_TEST(cluster.submit(twice, 1.0).get() == 2.0);
  (*one)->drain();
  options.name = "two";
  auto two = tessera::actors::NodeProcess::start(options, {});
  BOOST_REQUIRE(two);
  std::vector<double> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 5.0);
  cluster.wait(cluster.map(twice, numbers));
  BOOST_TEST((*one)->tasks() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
