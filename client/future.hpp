/// @file
/// The handle of a result that is computed somewhere.
#pragma once
#include "client/operation.hpp"
#include "client/state.hpp"

#include <chrono>
#include <coroutine>
#include <functional>
#include <string>

namespace tessera {
/// A handle of one result. Copies share it; while one lives, the result is kept (K3). Thread-safe but for assignment.
template <class T>
class Future {
 public:
  using value_type = T;
  Future() = default;
  explicit Future(detail::FutureRef core) : core_(std::move(core)) {}

  /// Waits for the result; rethrows what became of it otherwise (E1, C1, W4). The reference lives as long as any copy of
  /// this future. Throws `would_deadlock` on a thread of the runtime, unless the future is done; a continuation may get what it was
  /// called for, and waits where a node has died with the value and it is computed again (W3).
  const T& get() const& { return *static_cast<const T*>(value(detail::Clock::time_point::max()).get()); }
  T get() && { return *static_cast<const T*>(value(detail::Clock::time_point::max()).get()); }
  /// The same with a limit: `timeout` is thrown at its end, and nothing else changes (E4).
  T get_for(std::chrono::nanoseconds limit) const {
    return *static_cast<const T*>(value(detail::deadline_after(limit)).get());
  }
  /// The value without a copy.
  std::shared_ptr<const T> share() const {
    return std::static_pointer_cast<const T>(value(detail::Clock::time_point::max()));
  }
  /// Whether the work ended within `limit`, however it ended.
  bool wait_for(std::chrono::nanoseconds limit) const { return owner().wait({core_}, detail::deadline_after(limit)); }
  State state() const { return owner().state(core_); }
  bool done() const { return state() != State::pending; }
  /// The task's key, 32 hexadecimal digits.
  std::string key() const { return runtime::to_string(core_->key); }

  /// Calls `then` with this future once it is done, however it ended, on the session's continuation thread: one at a time, so
  /// it must not wait for other futures. What it throws ends that call only and goes to `Cluster::on_unhandled`. Throws
  /// `shut_down` once the cluster is closed; what was asked for before is still called, with what became of the future.
  void then(std::function<void(Future)> then) const {
    owner().then(core_, [then = std::move(then)](const detail::FutureRef& core) { then(Future(core)); });
  }
  /// Idempotent (C4); dependents are cancelled, too (C1). `force`: also if another client wants it (C2).
  void cancel(bool force = false, const std::string& reason = {}) const { owner().cancel({core_}, force, reason); }
  /// Runs a failed task again, and what failed because of it (E6). Others, cancelled ones too, stay as they are: what was cancelled
  /// runs again when it is submitted after its last handle is gone.
  void retry() const { owner().retry({core_}); }

  const detail::FutureRef& core() const { return core_; }
  explicit operator bool() const { return static_cast<bool>(core_); }

  /// `co_await future`: resumes on the continuation thread with the value, or throws there. Name the future and its arguments first:
  /// GCC 12 destroys temporaries of the awaited expression twice.
  auto operator co_await() const {
    struct Awaiter {
      Future future;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> handle) const {
        future.then([handle](const Future&) { handle.resume(); });
      }
      T await_resume() const { return *static_cast<const T*>(future.value(detail::Clock::time_point::max()).get()); }
    };
    return Awaiter{*this};
  }

 private:
  detail::ClientState& owner() const {
    if (!core_) throw Error(ErrorCode::invalid_argument, "the future is empty: it was default-constructed or moved from");
    return *core_->owner;
  }
  std::shared_ptr<const void> value(detail::Clock::time_point deadline) const {
    return owner().get(core_, detail::value_type<T>(), deadline);
  }
  detail::FutureRef core_;
};

namespace detail {
template <class T>
inline constexpr bool is_future = false;
template <class T>
inline constexpr bool is_future<Future<T>> = true;
}  // namespace detail
}  // namespace tessera
