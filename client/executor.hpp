/// @file
/// The thread that runs a session's continuations: one at a time, in the order in which they came.
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <thread>

namespace tessera::detail {
class Executor {
 public:
  using Work = std::function<void()>;
  using OnUnhandled = std::function<void(std::exception_ptr)>;

  Executor();
  ~Executor();
  Executor(const Executor&) = delete;

  /// Queues `work`; starts the thread with the first. False once it was stopped, where only its own thread may add.
  [[nodiscard]] bool run(Work work);
  /// Gets what works throw, on the thread. Without one, a line on stderr says it. The thread goes on in both cases.
  void on_unhandled(OnUnhandled handler);
  /// Runs what is queued, then ends the thread; waits for that unless it is called on the thread itself. Idempotent.
  void stop();
  bool is_this_thread() const;

 private:
  struct Shared;
  static void main(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;  ///< Of the thread, too: a work may end this object.
  std::thread thread_;
};
}  // namespace tessera::detail
