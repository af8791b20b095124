#include "client/executor.hpp"

#include "actors/runtime_thread.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

namespace tessera::detail {
namespace {
void say(std::exception_ptr thrown) {
  std::string words = "an exception without words";
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& error) {
    words = error.what();
  } catch (...) {
  }
  fmt::print(stderr, "tessera: a continuation threw: {}; it was ended, others go on (see Cluster::on_unhandled)\n", words);
}
}  // namespace

struct Executor::Shared {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Work> queue;
  OnUnhandled on_unhandled = say;
  std::thread::id thread;
  bool stopped = false;
};

Executor::Executor() : shared_(std::make_shared<Shared>()) {}
Executor::~Executor() { stop(); }

bool Executor::run(Work work) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->stopped && shared_->thread != std::this_thread::get_id()) return false;
  shared_->queue.push_back(std::move(work));
  if (!thread_.joinable() && !shared_->stopped) {
    thread_ = std::thread([shared = shared_] { main(shared); });
    shared_->thread = thread_.get_id();
  }
  shared_->wake.notify_one();
  return true;
}

void Executor::on_unhandled(OnUnhandled handler) {
  std::lock_guard lock(shared_->mutex);
  shared_->on_unhandled = handler ? std::move(handler) : say;
}

void Executor::stop() {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    if (!thread_.joinable()) return;
  }
  shared_->wake.notify_one();
  if (is_this_thread()) thread_.detach();
  else thread_.join();
}

bool Executor::is_this_thread() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->thread == std::this_thread::get_id();
}

void Executor::main(const std::shared_ptr<Shared>& shared) {
  actors::RuntimeThread mark;
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->stopped || !shared->queue.empty(); });
    if (shared->queue.empty()) break;
    Work work = std::move(shared->queue.front());
    shared->queue.pop_front();
    const OnUnhandled handler = shared->on_unhandled;
    lock.unlock();
    try {
      work();
    } catch (...) {
      handler(std::current_exception());
    }
    work = nullptr;  // It may hold the last handle of a result.
    lock.lock();
  }
  shared->thread = {};  // The system may give the id to another thread.
}
}  // namespace tessera::detail
