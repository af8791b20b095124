// The lock of a node: TSan sees all of it.
#include "actors/lock.hpp"

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_SUITE_END()
