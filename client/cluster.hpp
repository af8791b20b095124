/// @file
/// `Cluster`: the handle through which a program submits work, in its own process or to other machines.
#pragma once
#include "client/future.hpp"
#include "client/graph.hpp"
#include "client/memory_limit.hpp"
#include "client/plan.hpp"

#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tessera {
/// How a cluster inside this process is made.
struct LocalOptions {
  unsigned lanes = 0;                     ///< Compute threads, at most 1024; 0: as many as the process may use CPUs.
  MemoryLimit memory_limit = {};          ///< Of this process.
  std::string spill_dir = "auto";         ///< Folder for chunks that do not fit; "auto": TMPDIR, /var/tmp or /tmp; "none".
  std::string spill_compression = "auto"; ///< Of their files: "none", "lz4", or "auto": LZ4 where that is quicker (docs/memory.md).
  std::string memory_log = {};            ///< CSV file of what memory holds over time; overwritten; empty: none (docs/memory.md).
  std::string record = {};                ///< File of what the coordinator takes and decides; overwritten; empty: none (docs/simulation.md).
  std::string name = "local";             ///< For messages.
  std::string policy = "locality";        ///< "locality", "random" or "round_robin".
  std::uint64_t seed = 1;                 ///< Of what the policy draws.
  std::vector<std::pair<std::string, std::int64_t>> resources = {};  ///< What tasks may ask for.
  std::chrono::nanoseconds no_node_timeout = std::chrono::seconds(60);  ///< Until a task that no node can run fails (O8).
  std::function<void(const Plan&)> on_plan = {};  ///< Gets the plan of each graph before it is sent, on the thread that sends it.
};

/// How a program connects to a cluster of other processes.
struct ConnectOptions {
  std::string keys = {};                  ///< Path of this member's key file; needed beyond this machine.
  std::string name = {};                  ///< For messages; empty: host and process.
  std::string job = {};                   ///< Programs that name the same job share its keys; empty: a job of its own.
  MemoryLimit memory_limit = {};          ///< Of this process, for this program's own data.
  bool insecure = false;                  ///< Beyond this machine without keys. Anybody who reaches the port runs code.
};

/// How a cluster of processes on this machine is made.
struct ProcessOptions {
  unsigned processes = 2;
  unsigned lanes = 1;                     ///< Of each process.
  MemoryLimit memory_limit = {};          ///< Of each; "auto" is its share of what all may have.
  std::string spill_dir = "auto";         ///< Folder for chunks that do not fit; "auto": TMPDIR, /var/tmp or /tmp; "none".
  std::string spill_compression = "auto"; ///< Of their files: "none", "lz4", or "auto": LZ4 where that is quicker (docs/memory.md).
  std::string memory_log = {};            ///< As in `LocalOptions`; "m.csv" becomes "m-node1.csv", "m-node2.csv", ...
  std::string record = {};                ///< As in `LocalOptions`.
  std::string name = "processes";
  std::string policy = "locality";
  std::uint64_t seed = 1;
  std::vector<std::pair<std::string, std::int64_t>> resources = {};
  std::chrono::nanoseconds no_node_timeout = std::chrono::seconds(60);
  std::function<void(const Plan&)> on_plan = {};  ///< As in `LocalOptions`.
};

/// What `gather` does with futures that have no value.
enum class OnError { raise, skip };

template <class T>
class AsCompleted;

/// A connected program. Its destructor ends a local cluster and all futures that are still pending. Move-only.
class Cluster {
 public:
  /// A cluster in this process: no sockets, no other process. Throws `invalid_argument`, `key_conflict`, `io_failed` (memory log, recording).
  static Cluster local(LocalOptions options = {});
  /// The cluster whose coordinator listens at `address` ("tcp://host:port"). Throws within 20 s: `timeout` (nobody there),
  /// `refused` (keys, version), `invalid_argument`, `bad_input` (key file).
  static Cluster connect(const std::string& address, ConnectOptions options = {});
  /// A coordinator in this process and `processes` nodes, which are this program started again: its `main` must begin with
  /// `node_main` (`client/processes.hpp`). Throws what `connect` does, `peer_lost` where a node does not come up, and `io_failed`.
  static Cluster processes(ProcessOptions options = {});
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

  /// Will it fit? Runs the graph in virtual time on the nodes that there are now, as if nothing else ran and `wanted` were kept; nothing
  /// is computed or sent. About 100 us for each task, as the smallest limits take some twenty such runs. Operations should declare
  /// their sizes (`client/sizes.hpp`); those that do not are named.
  template <class T>
  Plan plan(Graph graph, const std::vector<Deferred<T>>& wanted) {
    std::vector<runtime::graph::Index> indices;
    for (const Deferred<T>& one : wanted) indices.push_back(one.index);
    return plan_of(std::move(graph), indices);
  }
  template <class T>
  Plan plan(Graph graph, Deferred<T> wanted) { return plan_of(std::move(graph), {wanted.index}); }

  /// The same for results of several types: a vector of futures for each.
  template <class T, class... U>
    requires(sizeof...(U) > 0)
  std::tuple<std::vector<Future<T>>, std::vector<Future<U>>...> compute(Graph graph, const std::vector<Deferred<T>>& first,
                                                                        const std::vector<Deferred<U>>&... rest) {
    std::vector<runtime::graph::Index> indices;
    const auto note = [&](const auto& wanted) {
      for (const auto& one : wanted) indices.push_back(one.index);
    };
    (note(first), ..., note(rest));
    const std::vector<detail::FutureRef> cores = send(std::move(graph), indices);
    std::size_t next = 0;
    const auto take = [&]<class V>(const std::vector<Deferred<V>>& wanted) {
      std::vector<Future<V>> futures;
      for (std::size_t i = 0; i < wanted.size(); ++i) futures.emplace_back(cores[next++]);
      return futures;
    };
    return {take(first), take(rest)...};  // Braces: in order.
  }

  /// Makes a value of this program available to tasks, without a copy in this process.
  template <class T>
  Future<T> scatter(T value) {
    return Future<T>(its().scatter(detail::payload_of(std::move(value))));
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
    its();
    return AsCompleted<T>(state_, futures);
  }

  /// Runs the task once although the handle may be dropped; the result is not kept (C5).
  template <class T>
  void fire_and_forget(const Future<T>& future) {
    future.then([](const Future<T>&) {});
  }

  /// Gets what continuations throw, on their thread; without it a line on stderr says it. Neither ends the program.
  void on_unhandled(std::function<void(std::exception_ptr)> handler) { its().on_unhandled(std::move(handler)); }

  /// Counters of the runtime, for tests and benchmarks; walks the tables of tasks.
  actors::SessionCounters counters();
  /// Who takes part and what each holds, by operation too; of other processes as of their last second. Asks the coordinator, within 10 s.
  runtime::protocol::Status status();
  /// Ends it now; the destructor does the same. Work that has not ended becomes `lost` (`shut_down`), who waits for it is told,
  /// running operations are asked to stop and waited for. Idempotent. Throws `would_deadlock` in an operation of the cluster.
  void close();

 private:
  struct Planning {                       ///< What `plan` needs to know of the cluster.
    std::string policy = "locality";
    bool spills = true;
    std::function<void(const Plan&)> on_plan;
  };
  explicit Cluster(std::shared_ptr<detail::ClientState> state) : state_(std::move(state)) {}
  Cluster(std::shared_ptr<detail::ClientState> state, Planning planning) : state_(std::move(state)), planning_(std::move(planning)) {}

  template <class R, class... P, class... A>
  auto add_unique(Graph& graph, const TaskOptions& options, R (*function)(P...), const A&... arguments) {
    const bool pure = !options.impure &&
                      detail::registered(reinterpret_cast<const void*>(function)).effects == Effects::pure;
    std::optional<runtime::Key> unique;
    if (!pure && options.key.empty()) unique = its().unique_key();
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
  detail::ClientState& its() const;
  runtime::graph::Graph built(Graph& graph, const std::vector<runtime::graph::Index>& wanted);
  std::vector<detail::FutureRef> send(Graph graph, const std::vector<runtime::graph::Index>& wanted);
  Plan plan_of(Graph graph, const std::vector<runtime::graph::Index>& wanted);
  void wait_all(const std::vector<detail::FutureRef>& futures, std::chrono::nanoseconds limit);

  std::shared_ptr<detail::ClientState> state_;
  Planning planning_;
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
    state_->check({&future.core(), 1});
    ++open_;
    state_->when_done(future.core(), [ended = ended_, future = std::weak_ptr(future.core())] {
      if (auto alive = future.lock()) ended->queue.push_back(std::move(alive));
    });
    held_.push_back(future);
  }
  /// The next one that ended, or an empty future when all were yielded. Waits.
  Future<T> next() {
    if (open_ == 0) return {};
    std::unique_lock lock(state_->mutex());
    if (ended_->queue.empty()) state_->refuse_blocking("as_completed");
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
