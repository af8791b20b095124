/// @file
/// `Cluster`: the handle through which a program submits work, in its own process or to other machines.
#pragma once
#include "client/future.hpp"
#include "client/graph.hpp"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tessera {
/// How a cluster inside this process is made.
struct LocalOptions {
  unsigned lanes = 0;                     ///< Compute threads; 0: as many as the process may use CPUs.
  std::uint64_t memory_limit = 0;         ///< Bytes; 0: 60 % of what the process may use.
  std::string name = "local";             ///< For messages.
  std::string policy = "locality";        ///< "locality", "random" or "round_robin".
  std::uint64_t seed = 1;                 ///< Of what the policy draws.
  std::vector<std::pair<std::string, std::int64_t>> resources = {};  ///< What tasks may ask for.
  std::chrono::nanoseconds no_node_timeout = std::chrono::seconds(60);  ///< Until a task that no node can run fails (O8).
};

/// What `gather` does with futures that have no value.
enum class OnError { raise, skip };

template <class T>
class AsCompleted;

/// A connected program. Its destructor ends a local cluster and all futures that are still pending. Move-only.
class Cluster {
 public:
  /// A cluster in this process: no sockets, no other process. Throws `invalid_argument`, `key_conflict`.
  static Cluster local(LocalOptions options = {});
  Cluster(Cluster&&) noexcept = default;
  Cluster& operator=(Cluster&& other) noexcept;
  ~Cluster();

  /// One task: `function` applied to values and futures. Returns at once. Equal calls of a pure function share one run while a
  /// handle lives (K1). Gives `Future<R>`, or a tuple of futures for `Outputs`. Throws `unknown_operation`, `key_conflict`.
  template <class R, class... P, class... A>
  auto submit(R (*function)(P...), const A&... arguments) {
    return submit(TaskOptions{}, function, arguments...);
  }
  template <class R, class... P, class... A>
  auto submit(const TaskOptions& options, R (*function)(P...), const A&... arguments) {
    Graph graph;
    const auto deferred = add_unique(graph, options, function, arguments...);
    return futures_of(std::move(graph), deferred);
  }

  /// One task for each element of `first`, in order; further arguments are the same for all. Starts in input order (O3).
  template <class R, class... P, class E, class... A>
  auto map(R (*function)(P...), const std::vector<E>& first, const A&... rest) {
    return map(TaskOptions{}, function, first, rest...);
  }
  template <class R, class... P, class E, class... A>
  auto map(const TaskOptions& options, R (*function)(P...), const std::vector<E>& first, const A&... rest) {
    using T = typename detail::ResultOf<R>::type;
    Graph graph;
    std::vector<Deferred<T>> all;
    all.reserve(first.size());
    for (const E& one : first) all.push_back(add_unique(graph, options, function, one, rest...));
    return compute(std::move(graph), all);
  }

  /// Sends a graph; gives futures of `wanted`, in order. What they do not need is not run.
  template <class T>
  std::vector<Future<T>> compute(Graph graph, const std::vector<Deferred<T>>& wanted) {
    std::vector<runtime::graph::Index> indices;
    indices.reserve(wanted.size());
    for (const Deferred<T>& one : wanted) indices.push_back(one.index);
    std::vector<Future<T>> futures;
    futures.reserve(wanted.size());
    for (detail::FutureRef& future : send(std::move(graph), indices)) futures.emplace_back(std::move(future));
    return futures;
  }
  template <class T>
  Future<T> compute(Graph graph, Deferred<T> wanted) {
    return Future<T>(send(std::move(graph), {wanted.index}).front());
  }

  /// Makes a value of this program available to tasks, without a copy in this process.
  template <class T>
  Future<T> scatter(T value) {
    return Future<T>(state_->scatter(detail::payload_of(std::move(value))));
  }

  /// The values, in order of the futures. `raise`: throws the error of the first, in argument order, that has one (E3); `skip`:
  /// leaves those out.
  template <class T>
  std::vector<T> gather(const std::vector<Future<T>>& futures, OnError on_error = OnError::raise) {
    wait(futures);
    std::vector<T> values;
    values.reserve(futures.size());
    for (const Future<T>& future : futures)
      if (on_error == OnError::raise || future.state() == State::finished) values.push_back(future.get());
    return values;
  }

  /// Waits until all are done; failed ones count as done (E4). Throws `timeout` at the limit, and nothing else changes.
  template <class T>
  void wait(const std::vector<Future<T>>& futures, std::chrono::nanoseconds limit = std::chrono::nanoseconds::max()) {
    std::vector<detail::FutureRef> cores;
    cores.reserve(futures.size());
    for (const Future<T>& future : futures) cores.push_back(future.core());
    wait_all(cores, limit);
  }

  /// Yields each future once, in the order in which they end (O9).
  template <class T>
  AsCompleted<T> as_completed(const std::vector<Future<T>>& futures = {}) {
    return AsCompleted<T>(state_, futures);
  }

  /// Runs the task once although the handle may be dropped; the result is not kept (C5).
  template <class T>
  void fire_and_forget(const Future<T>& future) {
    future.then([](const Future<T>&) {});
  }

  /// Counters of the runtime, for tests and benchmarks; walks the tables of tasks.
  actors::SessionCounters counters();
  runtime::protocol::Status status();
  /// Ends it now; the destructor does the same. Idempotent.
  void close();

 private:
  explicit Cluster(std::shared_ptr<detail::ClientState> state) : state_(std::move(state)) {}

  template <class R, class... P, class... A>
  auto add_unique(Graph& graph, const TaskOptions& options, R (*function)(P...), const A&... arguments) {
    const bool pure = !options.impure &&
                      detail::registered(reinterpret_cast<const void*>(function)).effects == Effects::pure;
    std::optional<runtime::Key> unique;
    if (!pure && options.key.empty()) unique = state_->unique_key();
    const auto index = detail::add_task(graph.builder(), &graph.kept(), options, unique, function, arguments...);
    if constexpr (detail::is_outputs<std::decay_t<R>>)
      return detail::add_picks(graph.builder(), detail::registered(reinterpret_cast<const void*>(function)).name, index,
                               std::type_identity<std::decay_t<R>>{});
    else return Deferred<typename detail::ResultOf<R>::type>{index};
  }
  template <class T>
  Future<T> futures_of(Graph graph, Deferred<T> deferred) {
    return compute(std::move(graph), deferred);
  }
  template <class... T>
  std::tuple<Future<T>...> futures_of(Graph graph, const std::tuple<Deferred<T>...>& deferred) {
    const std::vector<runtime::graph::Index> indices =
        std::apply([](const auto&... one) { return std::vector<runtime::graph::Index>{one.index...}; }, deferred);
    const std::vector<detail::FutureRef> cores = send(std::move(graph), indices);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<Future<T>...>{Future<T>(cores[I])...};
    }(std::index_sequence_for<T...>{});
  }
  std::vector<detail::FutureRef> send(Graph graph, const std::vector<runtime::graph::Index>& wanted);
  void wait_all(const std::vector<detail::FutureRef>& futures, std::chrono::nanoseconds limit);

  std::shared_ptr<detail::ClientState> state_;
};

/// Futures in the order in which they end. `add` may be called while iterating (O9). For one thread.
template <class T>
class AsCompleted {
 public:
  AsCompleted(std::shared_ptr<detail::ClientState> state, const std::vector<Future<T>>& futures)
      : state_(std::move(state)), ended_(std::make_shared<Ended>()) {
    for (const Future<T>& future : futures) add(future);
  }
  void add(const Future<T>& future) {
    ++open_;
    state_->when_done(future.core(), [ended = ended_, future = std::weak_ptr(future.core())] {
      if (auto alive = future.lock()) ended->queue.push_back(std::move(alive));
    });
    held_.push_back(future);
  }
  /// The next one that ended, or an empty future when all were yielded. Waits.
  Future<T> next() {
    if (open_ == 0) return {};
    state_->refuse_blocking("as_completed");
    std::unique_lock lock(state_->mutex());
    state_->changed().wait(lock, [this] { return !ended_->queue.empty(); });
    Future<T> future(std::move(ended_->queue.front()));
    ended_->queue.pop_front();
    --open_;
    return future;
  }
  struct Iterator {
    AsCompleted* of = nullptr;
    Future<T> current;
    const Future<T>& operator*() const { return current; }
    Iterator& operator++() {
      current = of->next();
      return *this;
    }
    bool operator!=(std::default_sentinel_t) const { return static_cast<bool>(current); }
  };
  Iterator begin() { return {this, next()}; }
  std::default_sentinel_t end() { return {}; }

 private:
  struct Ended { std::deque<detail::FutureRef> queue; };
  std::shared_ptr<detail::ClientState> state_;
  std::shared_ptr<Ended> ended_;  ///< Guarded by the state's mutex.
  std::vector<Future<T>> held_;
  std::size_t open_ = 0;
};
}  // namespace tessera
