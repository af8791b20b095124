#include "actors/spill/io_threads.hpp"

#include <pthread.h>

#include <string>
#include <utility>

namespace tessera::actors::spill {
IoThreads::IoThreads(std::size_t count, std::size_t queue_max) : queue_max_(queue_max) {
  threads_.reserve(count);
  try {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this, i] { serve(i); });
  } catch (...) {
    stop();
    throw;
  }
}

bool IoThreads::run(IoWork& work) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queued_ >= queue_max_) return false;
    work.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &work;
    last_ = &work;
    ++queued_;
  }
  wake_.notify_one();
  return true;
}

void IoThreads::stop() {
  std::lock_guard once(stop_mutex_);
  IoWork* rest = nullptr;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    rest = std::exchange(first_, nullptr);
    last_ = nullptr;
    queued_ = 0;
  }
  wake_.notify_all();
  while (rest != nullptr) std::exchange(rest, rest->next_)->drop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void IoThreads::serve(std::size_t number) {
  pthread_setname_np(pthread_self(), ("spill." + std::to_string(number)).c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || first_ != nullptr; });
    if (stopping_) return;
    IoWork* work = std::exchange(first_, first_->next_);
    if (first_ == nullptr) last_ = nullptr;
    --queued_;
    lock.unlock();
    work->run();
    lock.lock();
  }
}
}  // namespace tessera::actors::spill
