#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace {
double twice(double x) { return 2 * x; }
double add(double a, double b) { return a + b; }
double total(const std::vector<double>& all) {
  double sum = 0;
  for (const double one : all) sum += one;
  return sum;
}
tessera::Outputs<double, std::string> both(double x) { return {x + 1, "text"}; }
std::int64_t same(std::int64_t n) { return n; }
double unregistered(double x) { return x; }
}  // namespace
TESSERA_OPERATION(twice);
TESSERA_OPERATION(add);
TESSERA_OPERATION(total);
TESSERA_OPERATION(both);
TESSERA_OPERATION(same);

using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;

namespace {
ErrorCode code_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  BOOST_FAIL("no error");
  return {};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_cluster)

BOOST_AUTO_TEST_CASE(a_task_gives_its_value) {
  auto cluster = Cluster::local({.lanes = 2});
  BOOST_TEST(cluster.submit(twice, 21.0).get() == 42.0);
}

BOOST_AUTO_TEST_CASE(futures_are_arguments) {
  auto cluster = Cluster::local({.lanes = 2});
  auto a = cluster.submit(twice, 1.0);
  auto b = cluster.submit(add, a, 3.0);
  BOOST_TEST(cluster.submit(add, a, b).get() == 7.0);
  std::vector<Future<double>> many = cluster.map(twice, std::vector<double>{1, 2, 3});
  BOOST_TEST(cluster.submit(total, many).get() == 12.0);
}

BOOST_AUTO_TEST_CASE(several_outputs_are_futures_of_their_own) {
  auto cluster = Cluster::local({.lanes = 2});
  auto [number, text] = cluster.submit(both, 1.0);
  BOOST_TEST(number.get() == 2.0);
  BOOST_TEST(text.get() == "text");
}

BOOST_AUTO_TEST_CASE(scattered_data_is_an_argument) {
  auto cluster = Cluster::local({.lanes = 2});
  auto data = cluster.scatter(std::vector<double>{1, 2, 3});
  BOOST_TEST(cluster.submit(total, data).get() == 6.0);
  BOOST_TEST(data.get().size() == 3u);
}

BOOST_AUTO_TEST_CASE(many_threads_may_submit_at_once) {
  // Half of the keys are those of all threads, so that one builds on what another is just sending.
  auto cluster = Cluster::local({.lanes = 2});
  constexpr int threads = 8, each = 300;
  std::vector<double> sums(threads, 0.0);
  std::atomic<int> ready{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (++ready; ready < threads;) std::this_thread::yield();
      std::vector<Future<double>> futures;
      for (int i = 0; i < each; ++i) {
        const double number = i % 2 == 0 ? i : 1000.0 * t + i;
        futures.push_back(cluster.submit(add, cluster.submit(twice, number), 1.0));
      }
      for (const double one : cluster.gather(futures)) sums[static_cast<std::size_t>(t)] += one;
    });
  for (std::thread& thread : all) thread.join();
  for (int t = 0; t < threads; ++t) {
    double expected = 0;
    for (int i = 0; i < each; ++i) expected += 2 * (i % 2 == 0 ? i : 1000.0 * t + i) + 1;
    BOOST_TEST(sums[static_cast<std::size_t>(t)] == expected);
  }
  BOOST_TEST(cluster.submit(twice, 0.5).get() == 1.0);
  BOOST_TEST(cluster.counters().coordinator_records == 0u);
}

BOOST_AUTO_TEST_CASE(two_clusters_live_side_by_side_and_do_not_take_each_others_futures) {
  auto one = Cluster::local({.lanes = 1}), other = Cluster::local({.lanes = 1});
  const auto future = one.submit(twice, 1.0);
  BOOST_TEST((code_of([&] { other.submit(twice, future); }) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of([&] { other.wait(std::vector{future}); }) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of([&] { other.as_completed(std::vector{future}); }) == ErrorCode::invalid_argument));
  BOOST_TEST(other.submit(twice, future.get()).get() == 4.0);
}

BOOST_AUTO_TEST_CASE(a_function_that_is_not_registered_is_refused_where_it_is_submitted) {
  auto cluster = Cluster::local({.lanes = 1});
  BOOST_TEST((code_of([&] { cluster.submit(unregistered, 1.0); }) == ErrorCode::unknown_operation));
}

BOOST_AUTO_TEST_CASE(everything_is_freed_when_the_handles_are_gone) {
  auto cluster = Cluster::local({.lanes = 2});
  {
    auto all = cluster.map(twice, std::vector<double>(100, 1.5));
    cluster.wait(all);
  }
  auto last = cluster.submit(twice, 77.0);
  last.get();
  const auto counters = cluster.counters();
  BOOST_TEST(counters.coordinator_records == 1u);
}

BOOST_AUTO_TEST_CASE(a_graph_gives_results_of_several_types) {
  auto cluster = Cluster::local({.lanes = 2});
  tessera::Graph graph;
  const auto a = graph.add(twice, 1.0), b = graph.add(twice, a);
  const auto n = graph.add(same, std::int64_t{7});
  const auto [numbers, whole] = cluster.compute(std::move(graph), std::vector{b, a}, std::vector{n});
  BOOST_TEST(cluster.gather(numbers) == std::vector<double>({4, 2}), boost::test_tools::per_element());
  BOOST_TEST(cluster.gather(whole) == std::vector<std::int64_t>({7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
