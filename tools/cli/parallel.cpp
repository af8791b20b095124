#include "tools/cli/parallel.hpp"

#include "tools/cli/exit_code.hpp"
#include "tools/cli/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace tessera::cli {
namespace {
class Pool {
 public:
  Pool(const std::vector<std::size_t>& numbers, const std::function<void(std::size_t)>& work) : numbers_(numbers), work_(work) {}
  void start(unsigned threads) {
    running_ = threads;
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  /// Waits for more of what has ended.
  Event wait() { return signals_.wait(); }
  std::vector<std::size_t> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ended_, {});
  }
  bool is_over() {
    const std::lock_guard lock(mutex_);
    return running_ == 0 && ended_.empty();
  }
  void stop() { next_ = numbers_.size(); }
  std::exception_ptr error() const { return error_; }

 private:
  void serve() {
    try {
      for (std::size_t at; (at = next_++) < numbers_.size();) {
        work_(numbers_[at]);
        const std::lock_guard lock(mutex_);
        ended_.push_back(numbers_[at]);
        signals_.wake();
      }
    } catch (...) {
      stop();
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    --running_;
    signals_.wake();
  }

  const std::vector<std::size_t>& numbers_;
  const std::function<void(std::size_t)>& work_;
  Signals signals_;  // Before the threads: they inherit that signals are blocked.
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  unsigned running_ = 0;
  std::vector<std::size_t> ended_;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;
};
}  // namespace

bool in_parallel(const std::vector<std::size_t>& numbers, unsigned threads, const std::function<void(std::size_t)>& work, const std::function<void(std::size_t)>& finished) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  Pool pool(numbers, work);
  pool.start(static_cast<unsigned>(std::min<std::size_t>(threads, numbers.size())));
  bool is_interrupted = false;
  try {
    while (!pool.is_over()) {
      if (pool.wait() == Event::interrupt) {
        if (std::exchange(is_interrupted, true)) _exit(interrupted);
        pool.stop();
      }
      for (const std::size_t number : pool.take()) finished(number);
    }
  } catch (...) {
    pool.stop();
    throw;
  }
  if (pool.error()) std::rethrow_exception(pool.error());
  return !is_interrupted;
}
}  // namespace tessera::cli
