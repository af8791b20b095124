// How lanes and CAF's threads wait for work: TSan sees all of it.
#include "actors/idle.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <thread>
#include <vector>

using tessera::actors::Idle;
using tessera::actors::look_for;
using tessera::actors::ShortMutex;

namespace {
constexpr std::size_t all = 10'000;

/// Threads that take entries from a queue, each entry once.
struct Workers {
  explicit Workers(int count) {
    for (int i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
  }
  ~Workers() { stop(); }
  void stop() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    idle.wake_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
  void push(std::size_t first, std::size_t count) {
    std::size_t to_wake = 0;
    {
      std::lock_guard lock(mutex);
      for (std::size_t i = first; i < first + count; ++i) queue.push_back(i);
      to_wake = idle.queued(queue.size());
    }
    idle.wake(to_wake);
  }
  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      while (queue.empty() && !stopping) idle.wait(lock, [this] { return stopping; });
      if (queue.empty()) return;
      const std::size_t entry = queue.front();
      queue.pop_front();
      const std::size_t to_wake = idle.queued(queue.size());
      lock.unlock();
      idle.wake(to_wake);
      ++taken[entry];
      done.fetch_add(1, std::memory_order_release);
      lock.lock();
    }
  }
  void wait_for(std::size_t count) const {
    while (done.load(std::memory_order_acquire) < count) std::this_thread::yield();
  }

  ShortMutex mutex;
  Idle idle;
  std::deque<std::size_t> queue;
  bool stopping = false;
  std::vector<int> taken = std::vector<int>(all);
  std::atomic<std::size_t> done{0};
  std::vector<std::thread> threads;
};
const std::atomic<bool> never{false};
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_idle)

BOOST_AUTO_TEST_CASE(each_entry_is_taken_once) {
  Workers workers(3);
  for (std::size_t i = 0; i < all; ++i) workers.push(i, 1);
  workers.wait_for(all);
  workers.stop();
  BOOST_TEST(workers.taken == std::vector<int>(all, 1), boost::test_tools::per_element());
}

// One entry at a time, so that all have nothing to do before the next comes, just looking or asleep: none is left lying.
BOOST_AUTO_TEST_CASE(who_looks_and_who_sleeps_finds_what_comes) {
  Workers workers(3);
  for (std::size_t i = 0; i < 1'000; ++i) {
    if (i % 3 == 0) look_for(never);  // By then the last one sleeps.
    if (i % 7 == 0) look_for(never);
    workers.push(i, 1);
    workers.wait_for(i + 1);
  }
}

// The one that looks is counted on for one entry only.
BOOST_AUTO_TEST_CASE(several_entries_wake_the_others) {
  Workers workers(2);
  std::size_t pushed = 0;
  for (int round = 0; round < 500; ++round) {
    if (round % 2 == 0) look_for(never);
    workers.push(pushed, 4);
    workers.wait_for(pushed += 4);
  }
}

// On a full machine it takes a while until one who was called runs: by then thousands of entries may have been queued and taken by others.
BOOST_AUTO_TEST_CASE(who_was_called_is_not_called_again) {
  Idle idle;
  ShortMutex mutex;
  std::atomic<int> slept{0};
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 2; ++i)
    sleepers.emplace_back([&] {
      std::unique_lock lock(mutex);
      ++slept;
      idle.sleep(lock);
    });
  while (slept < 2) std::this_thread::yield();
  std::unique_lock lock(mutex);  // Both sleep: they had it until then.
  BOOST_TEST(idle.queued(1) == 1u);
  idle.left(0);
  BOOST_TEST(idle.queued(1) == 0u);  // That one comes.
  BOOST_TEST(idle.queued(2) == 1u);
  BOOST_TEST(idle.queued(5) == 0u);
  lock.unlock();
  idle.wake(2);
  for (std::thread& one : sleepers) one.join();
}

BOOST_AUTO_TEST_CASE(nobody_is_woken_where_nobody_sleeps) {
  Idle idle;
  BOOST_TEST(idle.queued(3) == 0u);
  BOOST_TEST(idle.queued(0) == 0u);
}

BOOST_AUTO_TEST_CASE(the_end_reaches_those_who_sleep) {
  Workers workers(3);
  look_for(never);
  look_for(never);
  workers.stop();
  BOOST_TEST(workers.done == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
