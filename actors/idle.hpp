/// @file
/// Threads that wait for work of one queue. One of those without work looks again for a moment before it sleeps: on a virtual machine an idle core
/// takes 30 us to wake, and it costs the waker some, too, while a small task takes one.
#pragma once
#include "actors/lock.hpp"

#include <algorithm>
#include <condition_variable>

namespace tessera::actors {
/// Everything with the lock of the queue held, but `wake`.
class Idle {
 public:
  /// Until something was queued, or `wake_all`, or for no reason. `is_over`: the queue will not be used any more.
  template <class IsOver>
  void wait(std::unique_lock<ShortMutex>& lock, const IsOver& is_over) {
    if (!looks_) {
      looks_ = true;
      lock.unlock();
      look_for(has_work_);
      lock.lock();
      looks_ = false;
      if (has_work_.load(std::memory_order_relaxed) || is_over()) return;
    }
    ++asleep_;
    wake_.wait(lock);
    --asleep_;
  }
  /// The queue has so many entries for them now. How many to `wake`.
  std::size_t queued(std::size_t entries) {
    has_work_.store(entries > 0, std::memory_order_release);
    return std::min(entries - std::min<std::size_t>(entries, looks_ ? 1 : 0), asleep_);
  }
  void wake(std::size_t count) {
    for (; count > 0; --count) wake_.notify_one();
  }
  void wake_all() { wake_.notify_all(); }

 private:
  std::condition_variable_any wake_;
  std::atomic<bool> has_work_{false};
  std::size_t asleep_ = 0;
  bool looks_ = false;
};
}  // namespace tessera::actors
