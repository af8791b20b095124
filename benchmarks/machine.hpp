/// @file
/// What the machine does at the moment. The host of a virtual machine moves its cores about: while two of them share no cache, a line takes six times
/// as long from one to the other, for seconds on end, and every runtime whose threads share anything is half as fast.
#pragma once
#include "benchmarks/measure.hpp"

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <thread>

namespace tessera::benchmarks {
/// Nanoseconds that a cache line takes from core 0 to core 1 and back; 0 where there are not two. Takes a millisecond.
inline double core_to_core_ns() {
  const auto pin = [](int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
  };
  constexpr int turns = 2'000;
  std::atomic<int> turn{0}, ready{0};
  double ns = 0;
  const auto play = [&](int core) {
    const bool pinned = pin(core);
    ready.fetch_add(pinned ? 1 : 100);
    while (ready < 2) {}
    if (ready != 2) return;
    const double begin = seconds_now();
    for (int mine = core; mine < 2 * turns; mine += 2) {
      while (turn.load(std::memory_order_acquire) != mine) {}
      turn.store(mine + 1, std::memory_order_release);
    }
    if (core == 0) ns = (seconds_now() - begin) / turns * 1e9;
  };
  std::thread other(play, 1), one(play, 0);
  one.join();
  other.join();
  return ns;
}
}  // namespace tessera::benchmarks
