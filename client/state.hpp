/// @file
/// The client's side of its futures, without types. Users see it only through `client/future.hpp` and `client/cluster.hpp`.
#pragma once
#include "actors/session.hpp"
#include "client/error.hpp"
#include "client/executor.hpp"
#include "client/planning.hpp"
#include "runtime/base/flat_map.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace tessera {
using State = runtime::protocol::FutureState;

namespace detail {
using Clock = std::chrono::steady_clock;
/// `limit` from now; the end of time where that is beyond it.
inline Clock::time_point deadline_after(std::chrono::nanoseconds limit) {
  const auto now = Clock::now();
  return limit >= Clock::time_point::max() - now ? Clock::time_point::max() : now + limit;
}
class ClientState;

/// One key that the program wants; all its handles share it. The last one releases the key (K3).
struct FutureCore : std::enable_shared_from_this<FutureCore> {
  FutureCore(std::shared_ptr<ClientState> of, runtime::Key its) : owner(std::move(of)), key(its) {}
  ~FutureCore();
  FutureCore(const FutureCore&) = delete;

  const std::shared_ptr<ClientState> owner;
  const runtime::Key key;
  // Guarded by the owner's mutex.
  runtime::Key content;                          ///< Of the work behind the key, to tell a name given twice (K5).
  std::string operation;
  State state = State::pending;
  std::unique_ptr<const runtime::protocol::Blame> blame;  ///< Few have one, or a payload here: a future is small.
  runtime::NodeId holder = runtime::no_node;
  std::unique_ptr<const arrays::Payload> payload;
  std::unique_ptr<const Extent> extent;          ///< As its operation declared it.
  std::uint64_t submission = 0;                  ///< The number of the one that wants it; what came before is not of this future.
  std::uint64_t updates = 0;                     ///< Counts changes, so that a fetch in vain waits for the next one.
  std::vector<std::function<void()>> when_done;  ///< Called under the mutex: must only enqueue.
  bool awaited = false;                          ///< Somebody sleeps until it changes.
  bool ended = false;                            ///< Was done since it was asked for: pending now, it is computed again after a loss.
  bool released = false;                         ///< Fire and forget: nothing to release.
  bool done() const { return state != State::pending; }
};
using FutureRef = std::shared_ptr<FutureCore>;

/// All futures of one session, and the thread that runs continuations.
class ClientState : public std::enable_shared_from_this<ClientState> {
 public:
  using OnLost = std::function<void(const runtime::Failure&)>;
  using Open = std::function<runtime::Result<std::unique_ptr<actors::Session>>(actors::Session::OnMessage, OnLost)>;
  /// Over the session that `open` makes. Throws `Error`.
  static std::shared_ptr<ClientState> over(const Open& open);
  static std::shared_ptr<ClientState> local(actors::SessionOptions options);
  static std::shared_ptr<ClientState> connect(actors::ConnectOptions options);
  /// Lives until the session is closed.
  void keep(std::shared_ptr<void> what) { kept_ = std::move(what); }
  ~ClientState();

  /// Sends the graph; `wants` get futures, in order. Throws what is known to be wrong before anything is sent.
  std::vector<FutureRef> submit(runtime::graph::Graph graph, const std::vector<runtime::graph::Index>& wants);
  FutureRef scatter(arrays::Payload payload);
  /// Of what the graph reads, as far as this program knows it.
  Extents extents_of(const runtime::graph::Graph& graph);
  /// The node that has each of these; `no_node`: none has it yet, or it is not this program's.
  std::vector<runtime::NodeId> holders_of(const runtime::graph::Graph& graph);
  /// Throws `out_of_memory` where a task can never have the memory that it declares (M3).
  void refuse_too_large(const runtime::graph::Graph& graph, const std::vector<std::optional<Sizes>>& sizes, const Extents& externals);
  void note_extent(FutureCore& future, const Extent& extent);
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
  /// Calls `then` on the continuation thread once the future is done. Throws `shut_down` where that thread has ended.
  void then(const FutureRef& future, std::function<void(const FutureRef&)> then);
  void on_unhandled(Executor::OnUnhandled handler) { executor_.on_unhandled(std::move(handler)); }
  /// Throws `invalid_argument` where one is empty or of another cluster.
  void check(std::span<const FutureRef> futures) const;
  /// Throws what ended the session, if it has ended.
  void refuse_when_over();
  runtime::Key unique_key();
  actors::Session& session() { return *session_; }
  std::mutex& mutex() { return mutex_; }
  std::condition_variable& changed() { return changed_; }
  void refuse_blocking(const char* what) const;
  /// A continuation gets the value that it was called for, also where its node has died meanwhile: nothing that computes it again waits
  /// for continuations. A lane must not wait: it may be the one that has to.
  bool may_wait(const FutureCore& future) const;
  /// Ends all that is pending. Throws `would_deadlock` on a lane of the session, which would wait for itself.
  void close();
  /// The same for whoever cannot be told: where it is called on a lane, the continuation thread does it.
  void close_soon();

 private:
  friend struct FutureCore;
  ClientState();
  void on_message(const runtime::protocol::Message& message);
  void release(FutureCore& core);
  void end_all(ErrorCode code, const std::string& why);
  using Continuations = std::vector<std::function<void()>>;
  FutureCore* find(const runtime::Key& key, std::uint64_t submissions);
  void settle(FutureCore& core, Continuations& ended);
  bool wait_locked(std::unique_lock<std::mutex>& lock, std::span<const FutureRef> futures, Clock::time_point deadline);

  std::shared_ptr<void> kept_;
  std::unique_ptr<actors::Session> session_;
  std::mutex send_mutex_;  ///< From a want's entry into `futures_` to its `Submit`: who finds it there may build on it.
  std::mutex mutex_;
  std::condition_variable changed_;
  runtime::FlatMap<runtime::Key, FutureCore*, nullptr> futures_;
  std::uint64_t salt_ = 0, serial_ = 0;
  std::uint64_t submissions_ = 0;  ///< Sent.
  Room room_;                      ///< Of the largest node, when it was looked at.
  bool closed_ = false;
  std::optional<runtime::Failure> over_;  ///< Why nothing more will be computed: closed, or the coordinator is gone.
  Executor executor_;
};
}  // namespace detail
}  // namespace tessera
