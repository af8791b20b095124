/// @file
/// Waiting for what takes about a microsecond: to sleep and to be woken takes tens of them.
#pragma once
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace tessera::actors {
/// A mutex that spins for a moment, then lets others go first, before it sleeps.
class ShortMutex {
 public:
  void lock() {
    for (int i = 0; i < 200; ++i) {
      if (mutex_.try_lock()) return;
      __builtin_ia32_pause();
    }
    for (int i = 0; i < 16; ++i) {
      std::this_thread::yield();
      if (mutex_.try_lock()) return;
    }
    mutex_.lock();
  }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Looks for `what` to become true, for 10 us at most.
inline void look_for(const std::atomic<bool>& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(10);
  do {
    for (int i = 0; i < 20; ++i) {
      if (what.load(std::memory_order_acquire)) return;
      __builtin_ia32_pause();
    }
  } while (std::chrono::steady_clock::now() < end);
}
}  // namespace tessera::actors
