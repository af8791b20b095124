/// @file
/// Holds operations of this process until a test lets them go on, and tells the test that they have come: no test needs to sleep.
#pragma once
#include <condition_variable>
#include <mutex>

namespace tessera::test {
class Gate {
 public:
  /// In an operation: says that it is here, and waits until the gate is open.
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  /// In the test: waits until that many have come since the gate was closed.
  void await(int arrivals) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= arrivals; });
  }
  int arrived() {
    std::lock_guard lock(mutex_);
    return arrived_;
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void close() {
    std::lock_guard lock(mutex_);
    open_ = false;
    arrived_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

/// Closed in its scope. Declare it after the cluster: an exception must let the lanes go before the cluster waits for them.
class ClosedGate {
 public:
  explicit ClosedGate(Gate& gate) : gate_(gate) { gate_.close(); }
  ~ClosedGate() { gate_.open(); }

 private:
  Gate& gate_;
};
}  // namespace tessera::test
