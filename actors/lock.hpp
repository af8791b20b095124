/// @file
/// A mutex that spins for a moment before it sleeps: what it guards takes less than a microsecond.
#pragma once
#include <mutex>

namespace tessera::actors {
class ShortMutex {
 public:
  void lock() {
    for (int i = 0; i < 200; ++i) {
      if (mutex_.try_lock()) return;
      __builtin_ia32_pause();
    }
    mutex_.lock();
  }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};
}  // namespace tessera::actors
