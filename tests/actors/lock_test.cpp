// The lock of a node, with the condition variable that its lanes sleep on: TSan sees all of it.
#include "actors/lock.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

using tessera::actors::ShortMutex;

BOOST_AUTO_TEST_SUITE(actors_lock)

BOOST_AUTO_TEST_CASE(one_at_a_time_holds_it_however_long_it_is_held) {
  ShortMutex mutex;
  std::uint64_t count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20'000; ++i) {
        std::lock_guard lock(mutex);
        ++count;
        if (t == 0 && i % 1000 == 0) std::this_thread::yield();  // Longer than the others spin.
      }
    });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(count == 80'000u);
  BOOST_TEST(mutex.try_lock());
  std::thread other([&] { count = mutex.try_lock(); });
  other.join();
  BOOST_TEST(count == 0u);
  mutex.unlock();
}

BOOST_AUTO_TEST_CASE(sleepers_are_woken_and_each_task_is_taken_once) {
  ShortMutex mutex;
  std::condition_variable_any wake;
  std::deque<int> queue;
  bool stopping = false;
  std::vector<int> taken(10'000);
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < 3; ++lane)
    lanes.emplace_back([&] {
      std::unique_lock lock(mutex);
      for (;;) {
        wake.wait(lock, [&] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        const int task = queue.front();
        queue.pop_front();
        lock.unlock();
        ++taken[static_cast<std::size_t>(task)];
        lock.lock();
      }
    });
  for (int task = 0; task < 10'000; ++task) {
    std::lock_guard lock(mutex);
    queue.push_back(task);
    wake.notify_one();
  }
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread& lane : lanes) lane.join();
  BOOST_TEST(taken == std::vector<int>(10'000, 1), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
