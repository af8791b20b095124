/// @file
/// Threads that wait for the disk, so that lanes do not.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace tessera::actors::spill {
/// Something to do on an I/O thread. Its owner keeps it alive until `run` or `drop` is called, and may end it inside of either.
class IoWork {
 public:
  /// Does it.
  virtual void run() noexcept = 0;
  /// Told instead of `run` where the threads stop first.
  virtual void drop() noexcept = 0;

 protected:
  virtual ~IoWork() = default;

 private:
  friend class IoThreads;
  IoWork* next_ = nullptr;
};

/// Threads named "spill.N", and a bounded queue before them: first come, first served. Allocates nothing for an item.
class IoThreads {
 public:
  IoThreads(std::size_t count, std::size_t queue_max);
  ~IoThreads() { stop(); }
  IoThreads(const IoThreads&) = delete;

  /// Queues `work`, which is in no queue. False where the queue is full or the threads stop: neither `run` nor `drop` follows.
  [[nodiscard]] bool run(IoWork& work);
  /// Finishes what is under way, drops the rest from the calling thread, ends the threads. Not from one of them. Idempotent.
  void stop();

 private:
  void serve(std::size_t number);

  const std::size_t queue_max_;
  std::mutex mutex_, stop_mutex_;
  std::condition_variable wake_;
  IoWork* first_ = nullptr;
  IoWork* last_ = nullptr;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};
}  // namespace tessera::actors::spill
