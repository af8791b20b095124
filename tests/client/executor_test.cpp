// The continuation thread alone: TSan sees all of it.
#include "client/executor.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using tessera::detail::Executor;

BOOST_AUTO_TEST_SUITE(client_executor)

BOOST_AUTO_TEST_CASE(what_many_threads_give_runs_once_and_each_threads_in_its_order) {
  constexpr int threads = 4, each = 1000;
  std::vector<std::vector<int>> seen(threads);  // Touched by the one thread only.
  std::atomic<int> refused{0};
  {
    Executor executor;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        for (int i = 0; i < each; ++i)
          refused += !executor.run([&seen, t, i] { seen[static_cast<std::size_t>(t)].push_back(i); });
      });
    for (std::thread& thread : all) thread.join();
  }
  BOOST_TEST(refused == 0);
  for (const auto& one : seen) {
    BOOST_TEST(one.size() == static_cast<std::size_t>(each));
    BOOST_TEST(std::is_sorted(one.begin(), one.end()));
  }
}

BOOST_AUTO_TEST_CASE(it_runs_what_it_has_before_it_stops_and_takes_no_more) {
  Executor executor;
  std::promise<void> go;
  int runs = 0;
  BOOST_TEST(executor.run([&] {
    go.get_future().wait();
    runs += executor.is_this_thread() && executor.run([&] { ++runs; });
  }));
  BOOST_TEST(executor.run([&] { ++runs; }));
  go.set_value();
  executor.stop();
  executor.stop();
  BOOST_TEST(runs == 3);
  BOOST_TEST(!executor.run([&] { ++runs; }));
  BOOST_TEST(!executor.is_this_thread());
}

BOOST_AUTO_TEST_CASE(an_exception_goes_to_the_handler_and_the_thread_goes_on) {
  Executor executor;
  int handled = 0, runs = 0;
  executor.on_unhandled([&](const std::exception_ptr&) { ++handled; });
  BOOST_TEST(executor.run([] { throw std::runtime_error("one"); }));
  BOOST_TEST(executor.run([] { throw 2; }));
  BOOST_TEST(executor.run([&] { ++runs; }));
  executor.stop();
  BOOST_TEST(handled == 2);
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(a_work_may_end_the_executor_that_runs_it) {
  auto executor = std::make_unique<Executor>();
  std::promise<void> queued, after;
  const auto told = after.get_future();
  BOOST_TEST(executor->run([&, both = queued.get_future().share()] {
    both.wait();
    executor.reset();
  }));
  BOOST_TEST(executor->run([&] { after.set_value(); }));
  queued.set_value();
  told.wait();
  BOOST_TEST(!executor);
}

BOOST_AUTO_TEST_SUITE_END()
