// Futures: what may be asked of them, from which thread, and when the cluster is gone.
#include "gate.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;
using tessera::State;
using tessera::test::ClosedGate;
using tessera::test::Gate;

Gate gate;
/// What an operation or a continuation does with the cluster that runs it.
std::function<void()> deed;

double future_twice(double x) { return 2 * x; }
double future_held(double x) {
  gate.pass();
  return x;
}
/// Returns once it is asked to stop.
double future_patient(tessera::Context& context, double x) {
  gate.pass();
  while (!context.stop_requested()) std::this_thread::yield();
  return x;
}
double future_boom(double) { throw std::runtime_error("boom"); }
double future_deed(double x) {
  deed();
  return x;
}
TESSERA_OPERATION(future_twice);
TESSERA_OPERATION(future_held);
TESSERA_OPERATION(future_patient);
TESSERA_OPERATION(future_boom);
TESSERA_OPERATION(future_deed);

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
bool says(const Error& error, const std::string& words) { return std::string(error.what()).find(words) != std::string::npos; }

/// The least coroutine: it starts at once and tells its result by a promise.
struct Told {
  struct promise_type {
    std::promise<double> result;
    Told get_return_object() { return {result.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(double value) { result.set_value(value); }
    void unhandled_exception() { result.set_exception(std::current_exception()); }
  };
  std::future<double> result;
};
Told sum_of(Cluster& cluster, double a, double b) {
  const auto first = cluster.submit(future_twice, a), second = cluster.submit(future_twice, b);
  const double left = co_await first;
  const double right = co_await second;
  co_return left + right;
}
Told value_of(Future<double> future) { co_return co_await future; }
}  // namespace

BOOST_AUTO_TEST_SUITE(client_future)

BOOST_AUTO_TEST_CASE(a_future_tells_its_state_and_its_value_in_several_ways) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  auto held = cluster.submit(future_held, 1.0);
  gate.await(1);
  BOOST_TEST((held.state() == State::pending));
  BOOST_TEST(!held.done());
  gate.open();
  BOOST_TEST(held.wait_for(std::chrono::nanoseconds::max()));
  BOOST_TEST((held.state() == State::finished));
  BOOST_TEST(held.get() == 1.0);
  BOOST_TEST(*held.share() == 1.0);
  BOOST_TEST(held.get_for(std::chrono::nanoseconds(0)) == 1.0);
  BOOST_TEST(held.key().size() == 32u);
  BOOST_TEST((code_of([] { Future<double>().get(); }) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of([&] { cluster.wait(std::vector<Future<double>>(2)); }) == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(continuations_run_one_at_a_time_in_order_however_the_future_ended) {
  auto cluster = Cluster::local({.lanes = 2});
  std::vector<State> states;
  std::promise<void> all;
  const ClosedGate closed(gate);
  const auto held = cluster.submit(future_held, 1.0), cancelled = cluster.submit(future_twice, held);
  const auto note = [&](const Future<double>& future) { states.push_back(future.state()); };
  cancelled.then(note);
  cancelled.cancel();
  const auto bad = cluster.submit(future_boom, 1.0);
  cluster.wait(std::vector{cancelled, bad});
  bad.then(note);
  held.then([&](const Future<double>& future) {
    note(future);
    all.set_value();
  });
  gate.open();
  all.get_future().wait();
  const std::vector<State> expected{State::cancelled, State::error, State::finished};
  BOOST_TEST((states == expected));
}

BOOST_AUTO_TEST_CASE(a_continuation_may_submit_and_continue_again) {
  auto cluster = Cluster::local({.lanes = 1});
  std::promise<double> result;
  cluster.submit(future_twice, 1.0).then([&](const Future<double>& first) {
    cluster.submit(future_twice, first).then([&](const Future<double>& second) { result.set_value(second.get()); });
  });
  BOOST_TEST(result.get_future().get() == 4.0);
}

BOOST_AUTO_TEST_CASE(what_a_continuation_throws_ends_neither_the_program_nor_the_others) {
  auto cluster = Cluster::local({.lanes = 1});
  std::promise<std::string> thrown;
  cluster.on_unhandled([&](std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& one) {
      thrown.set_value(one.what());
    }
  });
  const auto future = cluster.submit(future_twice, 3.0);
  future.then([](const Future<double>&) { throw std::runtime_error("thrown by a continuation"); });
  BOOST_TEST(thrown.get_future().get() == "thrown by a continuation");
  std::promise<double> after;
  cluster.on_unhandled({});
  future.then([](const Future<double>&) { throw 1; });  // Said on stderr.
  future.then([&](const Future<double>& same) { after.set_value(same.get()); });
  BOOST_TEST(after.get_future().get() == 6.0);
}

BOOST_AUTO_TEST_CASE(coroutines_wait_without_a_thread_and_get_errors_as_exceptions) {
  auto cluster = Cluster::local({.lanes = 1});
  BOOST_TEST(sum_of(cluster, 3.0, 4.0).result.get() == 14.0);
  BOOST_TEST((code_of([&] { value_of(cluster.submit(future_boom, 2.0)).result.get(); }) == ErrorCode::task_failed));
  const auto done = cluster.submit(future_twice, 5.0);
  done.get();
  BOOST_TEST(value_of(done).result.get() == 10.0);
}

BOOST_AUTO_TEST_CASE(blocking_calls_in_an_operation_are_an_error_and_no_deadlock) {
  auto cluster = Cluster::local({.lanes = 1});
  const auto refused = [&](auto&& call) {
    deed = [&] { BOOST_TEST((code_of(call) == ErrorCode::would_deadlock)); };
    cluster.submit({.impure = true}, future_deed, 1.0).get();
  };
  // Its task queues behind the one that would wait for it.
  const auto other = [&] { return cluster.submit({.impure = true}, future_twice, 1.0); };
  refused([&] { other().get(); });
  refused([&] { other().get_for(std::chrono::hours(1)); });
  refused([&] { other().wait_for(std::chrono::hours(1)); });
  refused([&] { cluster.wait(std::vector{other()}); });
  refused([&] { cluster.gather(std::vector{other()}); });
  refused([&] { cluster.as_completed(std::vector{other()}).next(); });
  refused([&] { cluster.close(); });
  BOOST_TEST(cluster.submit(future_twice, 8.0).get() == 16.0);
}

BOOST_AUTO_TEST_CASE(blocking_calls_in_a_continuation_are_an_error_unless_the_future_is_done) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  const auto done = cluster.submit(future_twice, 1.0);
  done.get();
  const auto held = cluster.submit(future_held, 2.0);
  std::promise<void> checked;
  done.then([&](const Future<double>&) {
    BOOST_TEST((code_of([&] { held.get(); }) == ErrorCode::would_deadlock));
    BOOST_TEST((code_of([&] { held.wait_for(std::chrono::hours(1)); }) == ErrorCode::would_deadlock));
    BOOST_TEST((code_of([&] { cluster.wait(std::vector{done, held}); }) == ErrorCode::would_deadlock));
    BOOST_TEST((code_of([&] { cluster.gather(std::vector{held}); }) == ErrorCode::would_deadlock));
    auto completed = cluster.as_completed(std::vector{held, done});
    BOOST_TEST(completed.next().get() == 2.0);
    BOOST_TEST((code_of([&] { completed.next(); }) == ErrorCode::would_deadlock));
    BOOST_TEST(cluster.gather(std::vector{done, done}) == (std::vector<double>{2, 2}), boost::test_tools::per_element());
    checked.set_value();
  });
  checked.get_future().wait();
  gate.open();
  BOOST_TEST(held.get() == 2.0);
}

BOOST_AUTO_TEST_CASE(close_ends_what_is_pending_and_wakes_who_waits) {
  auto cluster = Cluster::local({.lanes = 1});
  const ClosedGate closed(gate);
  const auto running = cluster.submit(future_patient, 1.0), pending = cluster.submit(future_twice, running);
  gate.await(1);
  gate.open();
  std::promise<State> told;
  pending.then([&](const Future<double>& future) { told.set_value(future.state()); });
  std::promise<void> waits;
  std::thread waiting([&] {
    waits.set_value();
    const Error error = error_of([&] { pending.get(); });
    BOOST_TEST((error.code() == ErrorCode::shut_down));
    BOOST_TEST(says(error, "closed"), error.what());
  });
  waits.get_future().wait();
  cluster.close();
  cluster.close();
  waiting.join();
  BOOST_TEST((told.get_future().get() == State::lost));
  BOOST_TEST((running.state() == State::lost));
}

BOOST_AUTO_TEST_CASE(futures_outlive_their_cluster_and_say_so) {
  Future<double> known, unfetched, pending, failed;
  {
    auto cluster = Cluster::local({.lanes = 1});
    const ClosedGate closed(gate);
    known = cluster.submit(future_twice, 1.0);
    known.get();
    unfetched = cluster.submit(future_twice, 2.0);
    failed = cluster.submit(future_boom, 2.0);
    cluster.wait(std::vector{unfetched, failed});
    pending = cluster.submit(future_patient, 3.0);
    gate.await(1);
    gate.open();
  }
  BOOST_TEST(known.get() == 2.0);
  BOOST_TEST((unfetched.state() == State::finished));
  BOOST_TEST((code_of([&] { unfetched.get(); }) == ErrorCode::shut_down));
  BOOST_TEST((code_of([&] { pending.get(); }) == ErrorCode::shut_down));
  BOOST_TEST((code_of([&] { failed.get(); }) == ErrorCode::task_failed));
  BOOST_TEST((code_of([&] { failed.retry(); }) == ErrorCode::shut_down));
  BOOST_TEST((code_of([&] { pending.then([](const Future<double>&) {}); }) == ErrorCode::shut_down));
  BOOST_TEST((code_of([&] { value_of(pending).result.get(); }) == ErrorCode::shut_down));
  BOOST_TEST(pending.wait_for(std::chrono::nanoseconds(0)));
  pending.cancel();
  BOOST_TEST((pending.state() == State::lost));
}

BOOST_AUTO_TEST_CASE(a_closed_or_moved_cluster_refuses_with_a_sentence) {
  auto cluster = Cluster::local({.lanes = 1});
  auto moved = std::move(cluster);
  BOOST_TEST((code_of([&] { cluster.submit(future_twice, 1.0); }) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of([&] { cluster.status(); }) == ErrorCode::invalid_argument));
  cluster.close();
  const auto before = moved.submit(future_twice, 1.0);
  moved.close();
  for (const Error& error : {error_of([&] { moved.submit(future_twice, 2.0); }), error_of([&] { moved.scatter(1.0); }),
                             error_of([&] { moved.submit(future_twice, before); }), error_of([&] { moved.counters(); }),
                             error_of([&] { moved.status(); })}) {
    BOOST_TEST((error.code() == ErrorCode::shut_down));
    BOOST_TEST(says(error, "closed"), error.what());
  }
}

BOOST_AUTO_TEST_CASE(a_continuation_may_close_the_cluster_and_drop_its_last_handle) {
  for (const bool drop : {false, true}) {
    const ClosedGate closed(gate);
    auto cluster = std::make_unique<Cluster>(Cluster::local({.lanes = 2}));
    const auto pending = cluster->submit(future_patient, 1.0);
    gate.await(1);
    gate.open();
    std::promise<void> closing;
    cluster->submit(future_twice, 7.0).then([&](const Future<double>&) {
      if (drop) cluster.reset();
      else cluster->close();
      closing.set_value();
    });
    closing.get_future().wait();
    BOOST_TEST((code_of([&] { pending.get(); }) == ErrorCode::shut_down));
  }
}

BOOST_AUTO_TEST_CASE(an_operation_that_drops_the_last_handle_of_its_cluster_ends_it_later) {
  auto cluster = std::make_unique<Cluster>(Cluster::local({.lanes = 1}));
  std::promise<void> submitted;
  deed = [&] {
    submitted.get_future().wait();
    cluster.reset();
  };
  const auto last = cluster->submit({.impure = true}, future_deed, 1.0), never = cluster->submit(future_twice, last);
  submitted.set_value();
  never.wait_for(std::chrono::nanoseconds::max());
  BOOST_TEST((never.state() == State::lost || never.state() == State::finished));
}

BOOST_AUTO_TEST_SUITE_END()
