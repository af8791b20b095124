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
    if (!look(lock) && !is_over()) sleep(lock);
  }
  /// Looks for a moment, unless another one does: is there something now?
  bool look(std::unique_lock<ShortMutex>& lock) {
    if (looks_) return false;
    looks_ = true;
    lock.unlock();
    look_for(has_work_);
    lock.lock();
    looks_ = false;
    return has_work_.load(std::memory_order_relaxed);
  }
  /// Nothing was done with the lock given away since `look`.
  void sleep(std::unique_lock<ShortMutex>& lock) {
    ++asleep_;
    wake_.wait(lock);
    --asleep_;
    if (called_ > 0) --called_;
  }
  /// The queue has so many entries for them now. How many to `wake`: all of those must be.
  std::size_t queued(std::size_t entries) {
    left(entries);
    const std::size_t coming = called_ + (looks_ ? 1 : 0);
    const std::size_t count = std::min(entries - std::min(entries, coming), asleep_ - called_);
    called_ += count;
    return count;
  }
  /// Some were taken, so many are left; nobody is needed who was not called before.
  void left(std::size_t entries) { has_work_.store(entries > 0, std::memory_order_release); }
  void wake(std::size_t count) {
    for (; count > 0; --count) wake_.notify_one();
  }
  void wake_all() { wake_.notify_all(); }

 private:
  std::condition_variable_any wake_;
  std::atomic<bool> has_work_{false};
  std::size_t asleep_ = 0, called_ = 0;  ///< Those called are asleep until they have run again: on a full machine that takes a while.
  bool looks_ = false;
};
}  // namespace tessera::actors
