#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <set>
#include <stdexcept>

namespace {
std::atomic<int> runs{0};

double twice(double x) {
  ++runs;
  return 2 * x;
}
double add(double a, double b) { return a + b; }
double total(const std::vector<double>& all) {
  double sum = 0;
  for (const double one : all) sum += one;
  return sum;
}
double boom(double) { throw std::invalid_argument("boom 1"); }
std::atomic<int> tries{0};
double third_time(double x) {
  if (++tries % 3 != 0) throw std::runtime_error("not yet");
  return x;
}
tessera::Deferred<std::int64_t> fib(tessera::Context& context, std::int64_t n);
std::int64_t same(std::int64_t n) { return n; }
std::int64_t plus(std::int64_t a, std::int64_t b) { return a + b; }
tessera::Deferred<std::int64_t> fib(tessera::Context& context, std::int64_t n) {
  if (n < 2) return context.submit(same, n);
  return context.submit(plus, context.submit(fib, n - 1), context.submit(fib, n - 2));
}
tessera::Outputs<double, std::string> both(double x) { return {x + 1, "text"}; }
double counted(double x) {
  ++runs;
  return x;
}
double unregistered(double x) { return x; }
}  // namespace
TESSERA_OPERATION(twice);
TESSERA_OPERATION(add);
TESSERA_OPERATION(total);
TESSERA_OPERATION(boom);
TESSERA_OPERATION(third_time);
TESSERA_OPERATION(fib);
TESSERA_OPERATION(same);
TESSERA_OPERATION(plus);
TESSERA_OPERATION(both);
TESSERA_OPERATION_WITH_EFFECTS(counted, tessera::Effects::once);

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

BOOST_AUTO_TEST_CASE(k1_equal_pure_submissions_run_once_while_a_handle_lives) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  auto first = cluster.submit(twice, 8.0);
  auto second = cluster.submit(twice, 8.0);
  BOOST_TEST(first.get() + second.get() == 32.0);
  BOOST_TEST(first.key() == second.key());
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(k2_impure_submissions_never_share_a_key) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  auto a = cluster.submit(counted, 1.0);
  auto b = cluster.submit(counted, 1.0);
  auto c = cluster.submit({.impure = true}, twice, 1.0);
  auto d = cluster.submit({.impure = true}, twice, 1.0);
  a.get(), b.get(), c.get(), d.get();
  BOOST_TEST(runs == 4);
  BOOST_TEST((std::set<std::string>{a.key(), b.key(), c.key(), d.key()}.size()) == 4u);
}

BOOST_AUTO_TEST_CASE(k3_a_result_is_freed_with_its_last_handle_and_runs_again) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  cluster.submit(twice, 9.0).get();
  BOOST_TEST(cluster.submit(twice, 9.0).get() == 18.0);
  BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(k5_a_key_given_to_other_work_is_refused_with_both_names) {
  auto cluster = Cluster::local({.lanes = 1});
  auto one = cluster.submit({.key = "mine"}, twice, 1.0);
  BOOST_TEST(one.get() == 2.0);
  try {
    cluster.submit({.key = "mine"}, add, 1.0, 2.0).get();
    BOOST_FAIL("not refused");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ErrorCode::key_conflict));
    BOOST_TEST(std::string(error.what()).find("twice") != std::string::npos);
    BOOST_TEST(std::string(error.what()).find("add") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(e1_a_failure_reaches_every_dependent_with_the_culprits_key) {
  auto cluster = Cluster::local({.lanes = 2});
  auto bad = cluster.submit(boom, 1.0);
  auto next = cluster.submit(add, bad, 1.0);
  auto last = cluster.submit(add, next, 1.0);
  for (const auto& future : {bad, next, last}) {
    try {
      future.get();
      BOOST_FAIL("no error");
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ErrorCode::task_failed));
      BOOST_TEST(error.key() == bad.key());
      BOOST_TEST(error.operation() == "boom");
      BOOST_TEST(error.thrown_type() == "std::invalid_argument");
      BOOST_TEST(error.thrown_message() == "boom 1");
    }
  }
}

BOOST_AUTO_TEST_CASE(e2_e9_what_does_not_depend_on_a_failure_goes_on) {
  auto cluster = Cluster::local({.lanes = 1});
  auto bad = cluster.submit(boom, 2.0);
  BOOST_TEST(cluster.submit(twice, 2.0).get() == 4.0);
  BOOST_TEST((code_of([&] { bad.get(); }) == ErrorCode::task_failed));
  BOOST_TEST(cluster.counters().reserved.value == 0u);
}

BOOST_AUTO_TEST_CASE(e3_gather_raises_the_first_error_in_argument_order_or_skips) {
  auto cluster = Cluster::local({.lanes = 2});
  std::vector<Future<double>> all{cluster.submit(twice, 1.0), cluster.submit(boom, 3.0), cluster.submit(boom, 4.0),
                                  cluster.submit(twice, 5.0)};
  try {
    cluster.gather(all);
    BOOST_FAIL("no error");
  } catch (const Error& error) {
    BOOST_TEST(error.key() == all[1].key());
  }
  BOOST_TEST(cluster.gather(all, tessera::OnError::skip) == (std::vector<double>{2, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(e5_retries_give_further_attempts) {
  auto cluster = Cluster::local({.lanes = 1});
  tries = 0;
  BOOST_TEST(cluster.submit({.retries = 2}, third_time, 7.0).get() == 7.0);
  BOOST_TEST(tries == 3);
  try {
    cluster.submit({.retries = 1}, boom, 9.0).get();
    BOOST_FAIL("no error");
  } catch (const Error& error) {
    BOOST_TEST(error.attempts() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(e6_retry_runs_the_culprit_and_its_dependents_again) {
  auto cluster = Cluster::local({.lanes = 1});
  tries = 1;  // The second and third try follow: one fails, one succeeds.
  auto bad = cluster.submit(third_time, 5.0);
  auto next = cluster.submit(twice, bad);
  BOOST_TEST((code_of([&] { next.get(); }) == ErrorCode::task_failed));
  next.retry();
  BOOST_TEST(next.get() == 10.0);
  BOOST_TEST(bad.get() == 5.0);
}

BOOST_AUTO_TEST_CASE(o5_tasks_submit_tasks_without_blocking_a_lane) {
  auto cluster = Cluster::local({.lanes = 1});
  BOOST_TEST(cluster.submit(fib, std::int64_t{15}).get() == 610);
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

BOOST_AUTO_TEST_CASE(o9_as_completed_yields_each_future_once_with_those_added) {
  auto cluster = Cluster::local({.lanes = 2});
  auto completed = cluster.as_completed(cluster.map(twice, std::vector<double>{1, 2, 3}));
  std::multiset<double> values;
  bool added = false;
  for (const Future<double>& future : completed) {
    values.insert(future.get());
    if (!std::exchange(added, true)) completed.add(cluster.submit(twice, 50.0));
  }
  BOOST_TEST(values == (std::multiset<double>{2, 4, 6, 100}), boost::test_tools::per_element());
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

BOOST_AUTO_TEST_SUITE_END()
