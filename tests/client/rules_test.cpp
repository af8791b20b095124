// Rules of docs/semantics.md that a program sees, on a cluster inside this process: tests/runtime proves them of the cores, and
// this that the shells do not break them. Operations are held by gates, never by time.
#include "gate.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <bit>
#include <mutex>
#include <set>
#include <stdexcept>

namespace {
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;
using tessera::State;
using tessera::test::ClosedGate;
using tessera::test::Gate;

Gate gate, later_gate;
std::atomic<int> runs{0};
std::mutex order_mutex;
std::vector<std::int64_t> order;

double rule_twice(double x) {
  ++runs;
  return 2 * x;
}
double rule_add(double a, double b) { return a + b; }
double rule_boom(double) { throw std::invalid_argument("boom 1"); }
double rule_counted(double x) {
  ++runs;
  return x;
}
std::atomic<int> tries{0};
double rule_third_time(double x) {
  if (++tries % 3 != 0) throw std::runtime_error("not yet");
  return x;
}
double rule_held(double x) {
  gate.pass();
  return x;
}
/// Notes that it has started.
std::int64_t rule_noted(std::int64_t id) {
  std::lock_guard lock(order_mutex);
  order.push_back(id);
  return id;
}
/// Goes on until nobody wants it, and then until the gate is open.
double rule_until_stopped(tessera::Context& context, double x) {
  gate.pass();
  while (!context.stop_requested()) std::this_thread::yield();
  later_gate.pass();
  return x;
}
/// Its value is the number of its attempt; the first is held by one gate, the second by the other.
std::int64_t rule_attempt(tessera::Context& context, std::int64_t) {
  (context.attempt() == 1 ? gate : later_gate).pass();
  return context.attempt();
}
std::vector<double> rule_block(std::int64_t n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }
std::vector<double> rule_held_block(std::int64_t n) {
  gate.pass();
  return rule_block(n);
}
tessera::Deferred<std::int64_t> rule_fib(tessera::Context& context, std::int64_t n);
std::int64_t rule_same(std::int64_t n) { return n; }
std::int64_t rule_plus(std::int64_t a, std::int64_t b) { return a + b; }
tessera::Deferred<std::int64_t> rule_fib(tessera::Context& context, std::int64_t n) {
  if (n < 2) return context.submit(rule_same, n);
  return context.submit(rule_plus, context.submit(rule_fib, n - 1), context.submit(rule_fib, n - 2));
}
/// Neither associative nor exact: another order or another operand shows in the bits.
double rule_mix(double a, double b) { return a / 3 + b * 1.1 - 0.7 * a * b; }
TESSERA_OPERATION(rule_twice);
TESSERA_OPERATION(rule_add);
TESSERA_OPERATION(rule_boom);
TESSERA_OPERATION_WITH_EFFECTS(rule_counted, tessera::Effects::once);
TESSERA_OPERATION(rule_third_time);
TESSERA_OPERATION(rule_held);
TESSERA_OPERATION(rule_noted);
TESSERA_OPERATION(rule_until_stopped);
TESSERA_OPERATION(rule_attempt);
TESSERA_OPERATION(rule_block);
TESSERA_OPERATION(rule_held_block);
TESSERA_OPERATION(rule_fib);
TESSERA_OPERATION(rule_same);
TESSERA_OPERATION(rule_plus);
TESSERA_OPERATION(rule_mix);

Error error_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  BOOST_FAIL("no error");
  throw std::logic_error("not reached");
}
ErrorCode code_of(auto&& call) { return error_of(call).code(); }

/// Returns once the node, whose `busy` lanes are held, has withdrawn what this thread gave up before, at most `withdrawn` tasks: more
/// than that follow, messages keep their order, and all of these are on the node beside the held ones only then.
std::vector<Future<double>> await_withdrawn(Cluster& cluster, std::uint64_t busy, std::uint64_t withdrawn) {
  static double serial = 2000;
  std::vector<Future<double>> followers;
  while (followers.size() <= withdrawn) followers.push_back(cluster.submit({.impure = true}, rule_add, ++serial, 0.0));
  while (cluster.counters().tasks_on_node != busy + followers.size()) std::this_thread::yield();
  return followers;
}

/// Returns once the cluster has done all that was asked of it before: messages of one thread keep their order.
void settle(Cluster& cluster) {
  static double serial = 1000;
  cluster.submit({.impure = true}, rule_add, ++serial, 0.0).get();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_rules)

BOOST_AUTO_TEST_CASE(K1_equal_pure_submissions_run_once_while_a_handle_lives) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  auto first = cluster.submit(rule_twice, 8.0);
  auto second = cluster.submit(rule_twice, 8.0);
  BOOST_TEST(first.get() + second.get() == 32.0);
  BOOST_TEST(first.key() == second.key());
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(K2_impure_submissions_never_share_a_key) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  auto a = cluster.submit(rule_counted, 1.0);
  auto b = cluster.submit(rule_counted, 1.0);
  auto c = cluster.submit({.impure = true}, rule_twice, 1.0);
  auto d = cluster.submit({.impure = true}, rule_twice, 1.0);
  a.get(), b.get(), c.get(), d.get();
  BOOST_TEST(runs == 4);
  BOOST_TEST((std::set<std::string>{a.key(), b.key(), c.key(), d.key()}.size()) == 4u);
}

BOOST_AUTO_TEST_CASE(K3_a_result_is_freed_with_its_last_handle_and_runs_again) {
  auto cluster = Cluster::local({.lanes = 2});
  runs = 0;
  cluster.submit(rule_twice, 9.0).get();
  BOOST_TEST(cluster.submit(rule_twice, 9.0).get() == 18.0);
  BOOST_TEST(runs == 2);
}

// Another node may wait for the short one's result. Reports gather, but not behind a task that may take long.
BOOST_AUTO_TEST_CASE(a_report_does_not_wait_for_the_next_task_of_its_lane) {
  auto cluster = Cluster::local({.lanes = 1});
  tessera::Graph graph;
  const auto quick = graph.add(rule_twice, 1.0);
  const auto held = graph.add(rule_held, quick);
  const auto sum = graph.add(rule_add, quick, held);
  const ClosedGate closed(gate);
  const auto future = cluster.compute(std::move(graph), sum);
  gate.await(1);
  BOOST_TEST(cluster.counters().report_messages == 1u);  // Of the first, although its result alone is of no interest to the program.
  gate.open();
  BOOST_TEST(future.get() == 4.0);
}

BOOST_AUTO_TEST_CASE(K5_a_key_given_to_other_work_is_refused_with_both_names) {
  auto cluster = Cluster::local({.lanes = 1});
  auto one = cluster.submit({.key = "mine"}, rule_twice, 1.0);
  BOOST_TEST(one.get() == 2.0);
  const Error error = error_of([&] { cluster.submit({.key = "mine"}, rule_add, 1.0, 2.0).get(); });
  BOOST_TEST((error.code() == ErrorCode::key_conflict));
  BOOST_TEST(std::string(error.what()).find("rule_twice") != std::string::npos);
  BOOST_TEST(std::string(error.what()).find("rule_add") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(K7_a_whole_graph_gives_the_bits_of_its_tasks_one_by_one) {
  // The same random expressions three ways: by hand; as one graph, which is culled, de-duplicated, ordered and assigned ahead;
  // and task by task, where none of that can happen.
  std::uint64_t state = 12345;
  const auto below = [&](std::uint64_t n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % n;
  };
  constexpr std::size_t leaves = 6, steps = 60;
  std::vector<double> by_hand;
  std::vector<std::pair<std::size_t, std::size_t>> operands;
  for (std::size_t i = 0; i < leaves; ++i) by_hand.push_back(0.1 * static_cast<double>(i + 1));
  for (std::size_t i = 0; i < steps; ++i) {
    operands.emplace_back(below(by_hand.size()), below(by_hand.size()));
    by_hand.push_back(rule_mix(by_hand[operands.back().first], by_hand[operands.back().second]));
  }
  auto cluster = Cluster::local({.lanes = 2});
  tessera::Graph graph;
  std::vector<tessera::Deferred<double>> deferred;
  for (std::size_t i = 0; i < leaves; ++i) deferred.push_back(graph.add(rule_add, by_hand[i], 0.0));
  for (const auto& [a, b] : operands) {
    deferred.push_back(graph.add(rule_mix, deferred[a], deferred[b]));
    graph.add(rule_mix, deferred[a], deferred[b]);                 // The same again.
    graph.add(rule_boom, static_cast<double>(deferred.size()));    // Nobody wants it.
  }
  const std::vector<tessera::Deferred<double>> wanted{deferred.back(), deferred[leaves + 20], deferred[leaves + 40]};
  const auto together = cluster.gather(cluster.compute(std::move(graph), wanted));
  std::vector<double> alone(by_hand.begin(), by_hand.begin() + leaves);
  for (const auto& [a, b] : operands) alone.push_back(cluster.submit(rule_mix, alone[a], alone[b]).get());
  const std::size_t places[] = {by_hand.size() - 1, leaves + 20, leaves + 40};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(std::bit_cast<std::uint64_t>(together[i]) == std::bit_cast<std::uint64_t>(by_hand[places[i]]));
    BOOST_TEST(std::bit_cast<std::uint64_t>(alone[places[i]]) == std::bit_cast<std::uint64_t>(by_hand[places[i]]));
  }
}

BOOST_AUTO_TEST_CASE(S4_the_result_of_an_attempt_that_was_given_up_changes_nothing) {
  auto cluster = Cluster::local({.lanes = 2});
  const ClosedGate closed(gate), later(later_gate);
  {
    auto first = cluster.submit(rule_attempt, std::int64_t{1});
    gate.await(1);
    first.cancel();
  }
  auto second = cluster.submit(rule_attempt, std::int64_t{1});
  later_gate.await(1);
  gate.open();
  settle(cluster);  // The other lane is held: this ran where the first attempt ended.
  BOOST_TEST((second.state() == State::pending));
  later_gate.open();
  BOOST_TEST(second.get() == 2);
}

BOOST_AUTO_TEST_CASE(E1_a_failure_reaches_every_dependent_with_the_culprits_key) {
  auto cluster = Cluster::local({.lanes = 2});
  auto bad = cluster.submit(rule_boom, 1.0);
  auto next = cluster.submit(rule_add, bad, 1.0);
  auto last = cluster.submit(rule_add, next, 1.0);
  for (const auto& future : {bad, next, last}) {
    const Error error = error_of([&] { future.get(); });
    BOOST_TEST((error.code() == ErrorCode::task_failed));
    BOOST_TEST(error.key() == bad.key());
    BOOST_TEST(error.operation() == "rule_boom");
    BOOST_TEST(error.thrown_type() == "std::invalid_argument");
    BOOST_TEST(error.thrown_message() == "boom 1");
  }
}

BOOST_AUTO_TEST_CASE(E2_what_does_not_depend_on_a_failure_goes_on) {
  auto cluster = Cluster::local({.lanes = 1});
  auto bad = cluster.submit(rule_boom, 2.0);
  BOOST_TEST(cluster.submit(rule_twice, 2.0).get() == 4.0);
  BOOST_TEST((code_of([&] { bad.get(); }) == ErrorCode::task_failed));
}

BOOST_AUTO_TEST_CASE(E3_gather_raises_the_first_error_in_argument_order_or_skips) {
  auto cluster = Cluster::local({.lanes = 2});
  std::vector<Future<double>> all{cluster.submit(rule_twice, 1.0), cluster.submit(rule_boom, 3.0),
                                  cluster.submit(rule_boom, 4.0), cluster.submit(rule_twice, 5.0)};
  BOOST_TEST(error_of([&] { cluster.gather(all); }).key() == all[1].key());
  BOOST_TEST(cluster.gather(all, tessera::OnError::skip) == (std::vector<double>{2, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(E4_wait_counts_failures_as_done_and_a_timeout_changes_nothing) {
  auto cluster = Cluster::local({.lanes = 2});
  const ClosedGate closed(gate);
  auto bad = cluster.submit(rule_boom, 5.0);
  cluster.wait(std::vector{bad});
  BOOST_TEST((bad.state() == State::error));
  auto held = cluster.submit(rule_held, 6.0);
  gate.await(1);
  BOOST_TEST((code_of([&] { cluster.wait(std::vector{bad, held}, std::chrono::nanoseconds(1)); }) == ErrorCode::timeout));
  BOOST_TEST((code_of([&] { held.get_for(std::chrono::nanoseconds(1)); }) == ErrorCode::timeout));
  BOOST_TEST(!held.wait_for(std::chrono::nanoseconds(-5)));
  BOOST_TEST((held.state() == State::pending));
  gate.open();
  cluster.wait(std::vector{held}, std::chrono::nanoseconds::max());
  BOOST_TEST(held.get() == 6.0);
  BOOST_TEST(gate.arrived() == 1);
}

BOOST_AUTO_TEST_CASE(E5_retries_give_further_attempts) {
  auto cluster = Cluster::local({.lanes = 1});
  tries = 0;
  BOOST_TEST(cluster.submit({.retries = 2}, rule_third_time, 7.0).get() == 7.0);
  BOOST_TEST(tries == 3);
  BOOST_TEST(error_of([&] { cluster.submit({.retries = 1}, rule_boom, 9.0).get(); }).attempts() == 2u);
}

BOOST_AUTO_TEST_CASE(E6_retry_runs_the_culprit_and_its_dependents_again) {
  auto cluster = Cluster::local({.lanes = 1});
  tries = 1;  // The second and third try follow: one fails, one succeeds.
  auto bad = cluster.submit(rule_third_time, 5.0);
  auto next = cluster.submit(rule_twice, bad);
  BOOST_TEST((code_of([&] { next.get(); }) == ErrorCode::task_failed));
  next.retry();
  BOOST_TEST(next.get() == 10.0);
  BOOST_TEST(bad.get() == 5.0);
}

BOOST_AUTO_TEST_CASE(E9_an_operation_that_throws_leaves_its_lane_and_no_reservation) {
  auto cluster = Cluster::local({.lanes = 1});
  std::vector<double> numbers(50);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  const auto all = cluster.map(rule_boom, numbers);
  cluster.wait(all);
  BOOST_TEST(cluster.submit(rule_twice, 2.0).get() == 4.0);
  BOOST_TEST(cluster.counters().reserved.value == 0u);
  BOOST_TEST(cluster.counters().tasks_on_node == 0u);
}

BOOST_AUTO_TEST_CASE(C1_a_pending_task_that_is_cancelled_never_starts_and_says_why) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  runs = 0;
  auto held = cluster.submit(rule_held, 1.0);
  gate.await(1);
  auto pending = cluster.submit(rule_twice, 31.0);
  auto dependent = cluster.submit(rule_add, pending, 1.0);
  pending.cancel(false, "not needed after all");
  for (const auto& future : {pending, dependent}) {
    const Error error = error_of([&] { future.get(); });
    BOOST_TEST((error.code() == ErrorCode::cancelled));
    BOOST_TEST(error.key() == pending.key());
    BOOST_TEST(std::string(error.what()).find("not needed after all") != std::string::npos, error.what());
    BOOST_TEST((future.state() == State::cancelled));
  }
  const auto followers = await_withdrawn(cluster, 1, 2);
  gate.open();
  BOOST_TEST(held.get() == 1.0);
  cluster.wait(followers);
  BOOST_TEST(runs == 0);
}

BOOST_AUTO_TEST_CASE(C3_a_running_task_is_asked_to_stop_and_its_lane_is_busy_until_it_has_returned) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate), later(later_gate);
  runs = 0;
  auto running = cluster.submit(rule_until_stopped, 1.0);
  gate.await(1);
  gate.open();
  running.cancel();
  later_gate.await(1);  // It saw the stop token.
  BOOST_TEST((code_of([&] { running.get(); }) == ErrorCode::cancelled));
  auto next = cluster.submit(rule_twice, 1.5);
  BOOST_TEST(!next.wait_for(std::chrono::nanoseconds(0)));
  BOOST_TEST(cluster.counters().executed == 0u);
  BOOST_TEST(runs == 0);
  later_gate.open();
  BOOST_TEST(next.get() == 3.0);
  BOOST_TEST((running.state() == State::cancelled));
}

BOOST_AUTO_TEST_CASE(C4_cancelling_a_finished_key_drops_its_data_and_a_second_cancel_does_nothing) {
  auto cluster = Cluster::local({.lanes = 1});
  auto block = cluster.submit(rule_block, std::int64_t{100'000});
  BOOST_TEST(block.get().size() == 100'000u);
  BOOST_TEST(cluster.counters().resident.value >= 800'000u);
  block.cancel();
  block.cancel();
  settle(cluster);
  BOOST_TEST((block.state() == State::cancelled));
  BOOST_TEST((code_of([&] { block.get(); }) == ErrorCode::cancelled));
  BOOST_TEST(cluster.counters().resident.value < 1000u);
}

BOOST_AUTO_TEST_CASE(C5_a_task_whose_last_handle_is_dropped_before_it_starts_is_not_run) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  runs = 0;
  auto held = cluster.submit(rule_held, 2.0);
  gate.await(1);
  cluster.submit(rule_twice, 41.0);
  const auto followers = await_withdrawn(cluster, 1, 1);
  gate.open();
  held.get();
  cluster.wait(followers);
  BOOST_TEST(runs == 0);
}

BOOST_AUTO_TEST_CASE(C5_fire_and_forget_runs_once_and_keeps_nothing) {
  auto cluster = Cluster::local({.lanes = 1});
  {
    const ClosedGate closed(gate);
    auto held = cluster.submit(rule_held, 3.0);
    gate.await(1);
    runs = 0;
    cluster.fire_and_forget(cluster.submit(rule_twice, 42.0));
    gate.open();
    held.get();
  }
  // Continuations keep their order: after this one, the forgotten future is gone.
  Gate reached;
  reached.open();
  settle(cluster);
  cluster.submit(rule_add, 42.0, 1.0).then([&](const Future<double>&) { reached.pass(); });
  reached.await(1);
  settle(cluster);
  BOOST_TEST(runs == 1);
  BOOST_TEST(cluster.submit(rule_twice, 42.0).get() == 84.0);
  BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(C6_cancelling_all_work_gives_its_memory_back) {
  auto cluster = Cluster::local({.lanes = 2});
  const ClosedGate closed(gate);
  settle(cluster);
  const auto before = cluster.counters();
  {
    std::vector<Future<std::vector<double>>> all;
    for (std::int64_t i = 0; i < 8; ++i) all.push_back(cluster.submit(rule_block, 10'000 + i));
    cluster.wait(all);
    for (std::int64_t i = 0; i < 8; ++i) all.push_back(cluster.submit(rule_held_block, 20'000 + i));
    gate.await(2);  // Both lanes run, six tasks queue.
    BOOST_TEST(cluster.counters().resident.value >= 8 * 80'000u);
    for (const auto& future : all) future.cancel();
    const auto followers = await_withdrawn(cluster, 2, 6);
    gate.open();
    cluster.wait(followers);
  }
  settle(cluster);
  while (cluster.counters().tasks_on_node > 0) std::this_thread::yield();  // A lane is busy until its operation has returned (C3).
  const auto after = cluster.counters();
  BOOST_TEST(after.resident.value <= before.resident.value + 1000);
  BOOST_TEST(after.reserved.value == before.reserved.value);
  BOOST_TEST(after.coordinator_records == before.coordinator_records);
  BOOST_TEST(gate.arrived() == 2);
}

BOOST_AUTO_TEST_CASE(O1_higher_priority_then_older_submission_then_graph_order) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  auto held = cluster.submit(rule_held, 4.0);
  gate.await(1);
  order.clear();
  std::vector<Future<std::int64_t>> all = cluster.map({.priority = 1}, rule_noted, std::vector<std::int64_t>{10, 11, 12});
  for (const std::int64_t priority : {0, 1, 2, 3}) {
    const tessera::TaskOptions options{.priority = static_cast<std::int32_t>(priority)};
    all.push_back(cluster.submit(options, rule_noted, priority));
  }
  all.push_back(cluster.submit({.priority = 9}, rule_noted, std::int64_t{9}));
  while (cluster.status().tasks_assigned != cluster.counters().tasks_on_node) std::this_thread::yield();  // All under way came.
  gate.open();
  cluster.wait(all);
  const std::vector<std::int64_t> expected{9, 3, 2, 10, 11, 12, 1, 0};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(O2_equal_priority_is_first_in_first_out_at_any_speed_of_submission) {
  auto cluster = Cluster::local({.lanes = 1});
  order.clear();
  std::vector<Future<std::int64_t>> all;
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 0; i < 2000; ++i) {
    all.push_back(cluster.submit(rule_noted, 1000 + i));
    if (i % 97 == 0) all.back().get();
    expected.push_back(1000 + i);
  }
  cluster.wait(all);
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(O3_one_map_starts_and_is_gathered_in_input_order) {
  auto cluster = Cluster::local({.lanes = 1});
  order.clear();
  std::vector<std::int64_t> inputs;
  for (std::int64_t i = 0; i < 1000; ++i) inputs.push_back(i * 7919 % 1000);
  BOOST_TEST(cluster.gather(cluster.map(rule_noted, inputs)) == inputs, boost::test_tools::per_element());
  BOOST_TEST(order == inputs, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(O5_tasks_submit_tasks_without_blocking_a_lane) {
  auto cluster = Cluster::local({.lanes = 1});
  BOOST_TEST(cluster.submit(rule_fib, std::int64_t{15}).get() == 610);
}

BOOST_AUTO_TEST_CASE(O8_a_task_that_no_node_can_run_is_reported_with_the_reason) {
  auto cluster = Cluster::local({.lanes = 1, .resources = {{"gpu", 1}}, .no_node_timeout = std::chrono::milliseconds(1)});
  BOOST_TEST(cluster.submit({.resources = {{"gpu", 1}}}, rule_twice, 1.0).get() == 2.0);
  const Error error = error_of([&] { cluster.submit({.resources = {{"gpu", 2}}}, rule_twice, 2.0).get(); });
  BOOST_TEST((error.code() == ErrorCode::no_eligible_node));
  BOOST_TEST(std::string(error.what()).find("gpu") != std::string::npos, error.what());
}

BOOST_AUTO_TEST_CASE(O9_as_completed_yields_each_future_once_with_those_added) {
  auto cluster = Cluster::local({.lanes = 2});
  auto completed = cluster.as_completed(cluster.map(rule_twice, std::vector<double>{1, 2, 3}));
  std::multiset<double> values;
  bool added = false;
  for (const Future<double>& future : completed) {
    values.insert(future.get());
    if (!std::exchange(added, true)) completed.add(cluster.submit(rule_twice, 50.0));
  }
  BOOST_TEST(values == (std::multiset<double>{2, 4, 6, 100}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(O9_as_completed_yields_in_the_order_of_the_ends) {
  auto cluster = Cluster::local({.lanes = 2});
  const ClosedGate closed(gate);
  auto held = cluster.submit(rule_held, 7.0);
  gate.await(1);
  auto completed = cluster.as_completed(std::vector{held, cluster.submit(rule_boom, 70.0), cluster.submit(rule_twice, 70.0)});
  BOOST_TEST((completed.next().state() == State::error));
  BOOST_TEST(completed.next().get() == 140.0);
  gate.open();
  BOOST_TEST(completed.next().get() == 7.0);
  BOOST_TEST(!completed.next());
}

BOOST_AUTO_TEST_SUITE_END()
