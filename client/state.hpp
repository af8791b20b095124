/// @file
/// The client's side of its futures, without types. Users see it only through `client/future.hpp` and `client/cluster.hpp`.
#pragma once
#include "actors/session.hpp"
#include "client/error.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tessera {
using State = runtime::protocol::FutureState;

namespace detail {
using Clock = std::chrono::steady_clock;
class ClientState;

/// One key that the program wants; all its handles share it. The last one releases the key (K3).
struct FutureCore {
  FutureCore(std::shared_ptr<ClientState> of, runtime::Key its) : owner(std::move(of)), key(its) {}
  ~FutureCore();
  FutureCore(const FutureCore&) = delete;

  const std::shared_ptr<ClientState> owner;
  const runtime::Key key;
  // Guarded by the owner's mutex.
  runtime::Key content;                          ///< Of the work behind the key, to tell a name given twice (K5).
  std::string operation;
  State state = State::pending;
  std::optional<runtime::protocol::Blame> blame;
  runtime::NodeId holder = runtime::no_node;
  std::optional<arrays::Payload> payload;
  std::uint64_t updates = 0;                     ///< Counts changes, so that a fetch in vain waits for the next one.
  std::vector<std::function<void()>> when_done;  ///< Called under the mutex: must only enqueue.
  bool released = false;                         ///< Fire and forget: nothing to release.
  bool done() const { return state != State::pending; }
};
using FutureRef = std::shared_ptr<FutureCore>;

/// All futures of one session, and the thread that runs continuations.
class ClientState : public std::enable_shared_from_this<ClientState> {
 public:
  static std::shared_ptr<ClientState> local(actors::SessionOptions options);
  ~ClientState();

  /// Sends the graph; `wants` get futures, in order. Throws what is known to be wrong before anything is sent.
  std::vector<FutureRef> submit(runtime::graph::Graph graph, const std::vector<runtime::graph::Index>& wants);
  FutureRef scatter(arrays::Payload payload);
  /// Waits for the end of the future's work, then for its value. Throws `Error`.
  std::shared_ptr<const void> get(const FutureRef& future, const arrays::ValueType& type, Clock::time_point deadline);
  /// False at the deadline.
  bool wait(const std::vector<FutureRef>& futures, Clock::time_point deadline);
  void cancel(const std::vector<FutureRef>& futures, bool force, const std::string& reason);
  void retry(const std::vector<FutureRef>& futures);
  State state(const FutureRef& future);
  std::optional<runtime::protocol::Blame> blame(const FutureRef& future);
  /// Calls `then` once the future is done, under the state's mutex: must only enqueue.
  void when_done(const FutureRef& future, std::function<void()> then);
  /// Runs `work` on the continuation thread.
  void run_later(std::function<void()> work);
  runtime::Key unique_key();
  actors::Session& session() { return *session_; }
  std::mutex& mutex() { return mutex_; }
  std::condition_variable& changed() { return changed_; }
  void refuse_blocking(const char* what) const;
  void close();

 private:
  friend struct FutureCore;
  ClientState() = default;
  void on_message(const runtime::protocol::Message& message);
  void release(FutureCore& core);
  void end_all(ErrorCode code, const std::string& why);
  using Continuations = std::vector<std::function<void()>>;
  void settle(FutureCore& core, Continuations& ended);
  bool wait_locked(std::unique_lock<std::mutex>& lock, std::span<const FutureRef> futures, Clock::time_point deadline);
  void executor_main();

  std::unique_ptr<actors::Session> session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<runtime::Key, std::pair<std::weak_ptr<FutureCore>, FutureCore*>> futures_;
  std::uint64_t salt_ = 0, serial_ = 0;
  bool closed_ = false;

  std::mutex executor_mutex_;
  std::condition_variable executor_wake_;
  std::deque<std::function<void()>> executor_queue_;
  std::thread executor_;
  bool executor_stop_ = false;
};
}  // namespace detail
}  // namespace tessera
