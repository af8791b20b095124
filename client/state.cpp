#include "client/state.hpp"

#include "actors/runtime_thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace tessera::detail {
namespace protocol = runtime::protocol;

namespace {
constexpr std::size_t prefetched = 8;  ///< Wants ahead whose places in the table are asked for: it does not fit the cache.
}  // namespace

FutureCore::~FutureCore() { owner->release(*this); }

ClientState::ClientState() : salt_(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {}

std::shared_ptr<ClientState> ClientState::over(const Open& open) {
  std::shared_ptr<ClientState> state(new ClientState);
  auto session = open(
      [weak = std::weak_ptr(state)](const protocol::Message& message) {
        if (const auto alive = weak.lock()) alive->on_message(message);
      },
      [weak = std::weak_ptr(state)](const runtime::Failure& why) {
        if (const auto alive = weak.lock()) alive->end_all(why.code, why.message);
      });
  if (!session) throw Error(session.failure());
  state->session_ = std::move(*session);
  return state;
}

std::shared_ptr<ClientState> ClientState::connect(actors::ConnectOptions options) {
  return over([&](actors::Session::OnMessage on_message, OnLost on_lost) {
    return actors::Session::connect(std::move(options), std::move(on_message), std::move(on_lost));
  });
}

std::shared_ptr<ClientState> ClientState::local(actors::SessionOptions options) {
  return over([&](actors::Session::OnMessage on_message, const OnLost&) {
    return actors::Session::local(std::move(options), std::move(on_message));
  });
}

ClientState::~ClientState() { close(); }

void ClientState::close() {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    if (session_ && session_->is_lane())
      throw Error(ErrorCode::would_deadlock,
                  "an operation cannot close the cluster that runs it: its lane would wait for itself");
    closed_ = true;
    if (!over_) over_ = runtime::Failure{ErrorCode::shut_down, "the cluster handle is closed"};
  }
  if (session_) session_->close();
  end_all(ErrorCode::shut_down, "the work had not ended");
  kept_.reset();
  executor_.stop();
}

void ClientState::close_soon() {
  if (!session_->is_lane()) return close();
  static_cast<void>(executor_.run([self = shared_from_this()] { self->close(); }));
}

void ClientState::end_all(ErrorCode code, const std::string& why) {
  Continuations ended;
  {
    std::lock_guard lock(mutex_);
    if (!over_) over_ = runtime::Failure{code, why};
    futures_.for_each([&](FutureCore* entry) {
      FutureCore& future = *entry;
      if (future.done()) return;
      protocol::Blame blame;
      blame.code = code;
      blame.message = why;
      blame.key = future.key;
      future.state = State::lost;
      future.blame = std::make_unique<const protocol::Blame>(std::move(blame));
      settle(future, ended);
    });
  }
  changed_.notify_all();
}

void ClientState::check(std::span<const FutureRef> futures) const {
  for (const FutureRef& future : futures) {
    if (!future)
      throw Error(ErrorCode::invalid_argument, "one of the futures is empty: it was default-constructed or moved from");
    if (future->owner.get() != this)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the future {} is of another cluster: get its value and give that", to_string(future->key)));
  }
}

void ClientState::refuse_when_over() {
  std::lock_guard lock(mutex_);
  if (over_) throw Error(*over_);
}

runtime::Key ClientState::unique_key() {
  std::lock_guard lock(mutex_);
  return runtime::graph::named_key(fmt::format("{:016x}.{}", salt_, serial_++));
}

void ClientState::refuse_blocking(const char* what) const {
  if (actors::inside_runtime())
    throw Error(ErrorCode::would_deadlock,
                fmt::format("{} would block a thread of the runtime (a lane or a continuation): use then(), co_await, or "
                            "return a Deferred from the operation", what));
}

bool ClientState::may_wait(const FutureCore& future) const {
  return !actors::inside_runtime() || (future.ended && executor_.is_this_thread());
}

std::vector<FutureRef> ClientState::submit(runtime::graph::Graph graph, const std::vector<runtime::graph::Index>& wants) {
  std::vector<FutureRef> futures;
  std::string conflict;
  futures.reserve(wants.size());
  std::lock_guard sending(send_mutex_);
  protocol::Submit submit{session_->job(), std::make_shared<const runtime::graph::Graph>(std::move(graph)), {}};
  {
    std::lock_guard lock(mutex_);
    if (over_) throw Error(*over_);
    if (wants.size() > 64) futures_.reserve(futures_.size() + wants.size());
    for (std::size_t i = 0; i < wants.size(); ++i) {
      if (i + prefetched < wants.size()) futures_.prefetch(submit.graph->tasks[wants[i + prefetched]].key);
      const runtime::graph::Index want = wants[i];
      const runtime::Key& key = submit.graph->tasks[want].key;
      FutureCore*& entry = futures_.insert(key);
      FutureRef future = entry != nullptr ? entry->weak_from_this().lock() : nullptr;
      const bool is_new = !future;
      if (is_new) {
        future = std::make_shared<FutureCore>(shared_from_this(), key);
        future->submission = submissions_ + 1;
        future->content = runtime::graph::content_key(*submit.graph, want);
        future->operation = submit.graph->operations[submit.graph->tasks[want].operation];
        entry = future.get();
        submit.wants.push_back(want);
      } else if (const runtime::Key content = runtime::graph::content_key(*submit.graph, want); future->content != content) {
        conflict = fmt::format("the key {} is in use for {} and was given again for other work with {}: choose another key "
                               "or release the first future", to_string(key), future->operation,
                               submit.graph->operations[submit.graph->tasks[want].operation]);
      }
      futures.push_back(std::move(future));
    }
  }
  if (!conflict.empty()) {
    for (const FutureRef& future : futures) future->released |= future.use_count() == 1;  // Never sent.
    throw Error(ErrorCode::key_conflict, conflict);
  }
  if (submit.wants.empty()) return futures;
  ++submissions_;
  session_->send(std::move(submit));
  return futures;
}

Extents ClientState::extents_of(const runtime::graph::Graph& graph) {
  Extents extents(graph.externals.size());
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const FutureCore* future = futures_.find(graph.externals[i]);
    if (future == nullptr) continue;
    if (future->payload) extents[i] = future->payload->extent();
    else if (future->extent) extents[i] = *future->extent;
  }
  return extents;
}

std::vector<runtime::NodeId> ClientState::holders_of(const runtime::graph::Graph& graph) {
  std::vector<runtime::NodeId> holders(graph.externals.size(), runtime::no_node);
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < holders.size(); ++i)
    if (const FutureCore* future = futures_.find(graph.externals[i])) holders[i] = future->holder;
  return holders;
}

void ClientState::note_extent(FutureCore& future, const Extent& extent) {
  std::lock_guard lock(mutex_);
  if (!future.extent) future.extent = std::make_unique<const Extent>(extent);
}

void ClientState::refuse_too_large(const runtime::graph::Graph& graph, const std::vector<std::optional<Sizes>>& sizes,
                                   const Extents& externals) {
  Room room;
  {
    std::lock_guard lock(mutex_);
    room = room_;
  }
  if (!too_large(graph, sizes, externals, room)) return;
  const auto now = largest_room(session_->status());  // A larger node may have joined.
  if (!now) return;
  {
    std::lock_guard lock(mutex_);
    room_ = *now;
  }
  if (const auto why = too_large(graph, sizes, externals, *now)) throw Error(ErrorCode::out_of_memory, *why);
}

FutureRef ClientState::scatter(arrays::Payload payload) {
  const runtime::Key key = unique_key();
  auto future = std::make_shared<FutureCore>(shared_from_this(), key);
  future->extent = std::make_unique<const Extent>(payload.extent());
  future->holder = session_->self();
  {
    std::lock_guard lock(mutex_);
    if (over_) {
      future->released = true;  // Never sent.
      throw Error(*over_);
    }
    futures_.insert(key) = future.get();  // The value is the node's alone: held here, too, it would stay in memory when it is spilled.
  }
  const runtime::Bytes size{payload.size_bytes()};
  const std::string type = payload.type_name();
  session_->put(key, std::move(payload));
  session_->send(protocol::Scattered{session_->job(), key, size, type});
  return future;
}

void ClientState::release(FutureCore& core) {
  {
    std::lock_guard lock(mutex_);
    if (futures_.find(core.key) == &core) futures_.erase(core.key);
    if (closed_ || core.released) return;
  }
  session_->send(protocol::Release{session_->job(), {core.key}});
}

// Works on the futures in place, without handles of its own: a handle here would keep a result that the program released.
// A future that is just being destroyed waits in `release` for the mutex, so what the table names is whole.
void ClientState::on_message(const protocol::Message& message) {
  Continuations ended;  // Destroyed after the lock: they may hold last handles, whose end takes it again.
  bool awaited = false;
  const auto changes = [&](FutureCore& future) {
    ++future.updates;
    awaited |= std::exchange(future.awaited, false) || !future.when_done.empty();
  };
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;  // What had not ended by then is lost, whatever the lanes still bring.
    if (const auto* updates = std::get_if<protocol::Updates>(&message)) {
      for (const protocol::Update& update : updates->updates) futures_.prefetch(update.key);
      for (const protocol::Update& update : updates->updates) {
        FutureCore* const its = find(update.key, updates->submissions);
        if (its == nullptr) continue;
        FutureCore& future = *its;
        changes(future);
        future.state = update.state;
        future.blame = update.blame ? std::make_unique<const protocol::Blame>(*update.blame) : nullptr;
        future.holder = update.holder;
        future.ended |= future.done();
        if (future.done() && update.state != State::finished) future.payload.reset();
        if (future.done()) settle(future, ended);
      }
    } else if (const auto* refused = std::get_if<protocol::Refused>(&message)) {
      for (const runtime::Key& key : refused->keys) {
        FutureCore* const its = find(key, refused->submissions);
        if (its == nullptr) continue;
        FutureCore& future = *its;
        changes(future);
        future.state = State::error;
        future.blame = std::make_unique<const protocol::Blame>(refused->blame);
        future.released = true;
        settle(future, ended);
      }
    }
  }
  if (awaited) changed_.notify_all();
}

FutureCore* ClientState::find(const runtime::Key& key, std::uint64_t submissions) {
  FutureCore* const its = futures_.find(key);
  return its == nullptr || its->submission > submissions ? nullptr : its;
}

void ClientState::settle(FutureCore& core, Continuations& ended) {
  for (auto& then : std::exchange(core.when_done, {})) {
    then();
    ended.push_back(std::move(then));
  }
}

bool ClientState::wait(const std::vector<FutureRef>& futures, Clock::time_point deadline) {
  check(futures);
  std::unique_lock lock(mutex_);
  if (!std::all_of(futures.begin(), futures.end(), [&](const FutureRef& one) { return one->done() || may_wait(*one); }))
    refuse_blocking("wait");
  return wait_locked(lock, futures, deadline);
}

bool ClientState::wait_locked(std::unique_lock<std::mutex>& lock, std::span<const FutureRef> futures,
                              Clock::time_point deadline) {
  // From the last, which tends to end last: few changes of the others wake who waits for all.
  std::size_t left = futures.size();
  const auto all_done = [&] {
    while (left > 0 && futures[left - 1]->done()) --left;
    if (left > 0) futures[left - 1]->awaited = true;
    return left == 0;
  };
  if (deadline != Clock::time_point::max()) return changed_.wait_until(lock, deadline, all_done);
  changed_.wait(lock, all_done);
  return true;
}

std::shared_ptr<const void> ClientState::get(const FutureRef& future, const arrays::ValueType& type,
                                             Clock::time_point deadline) {
  const auto late = [&] {
    return Error(ErrorCode::timeout, fmt::format("no result for {} within the time given; it goes on", to_string(future->key)));
  };
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!future->done() && !may_wait(*future)) refuse_blocking("get");
    if (!wait_locked(lock, {&future, 1}, deadline)) throw late();
    if (future->state != State::finished) {
      if (!future->done()) continue;
      throw Error(*future->blame);
    }
    if (future->payload) {
      auto value = future->payload->as(type);
      if (!value) throw Error(value.failure());
      if (!future->payload->value) future->payload.reset(new arrays::Payload{*value, &type, {}, {}});
      return *value;
    }
    if (closed_) throw Error(ErrorCode::shut_down, "its value had not been fetched");
    const runtime::NodeId holder = future->holder;
    const std::uint64_t seen = future->updates;
    lock.unlock();
    if (auto here = session_->find(future->key)) {
      std::lock_guard again(mutex_);
      future->payload = std::make_unique<const arrays::Payload>(std::move(*here));
      continue;
    }
    struct Answer {
      bool came = false;
      std::optional<arrays::Payload> payload;
    };
    const auto answer = std::make_shared<Answer>();
    const std::uint64_t token =
        session_->ask(future->key, holder, [self = shared_from_this(), answer](std::optional<arrays::Payload> payload) {
          std::lock_guard guard(self->mutex_);
          answer->came = true;
          answer->payload = std::move(payload);
          self->changed_.notify_all();
        });
    lock.lock();
    const auto ready = [&] { return answer->came || closed_; };
    if (deadline == Clock::time_point::max()) changed_.wait(lock, ready);
    else if (!changed_.wait_until(lock, deadline, ready)) {
      lock.unlock();
      session_->unask(future->key, token);
      throw late();
    }
    if (answer->payload) {
      future->payload = std::make_unique<const arrays::Payload>(std::move(*answer->payload));
    } else if (future->updates == seen && !over_) {
      // The holder has it no more, and the coordinator will say where it is next.
      lock.unlock();
      session_->send(protocol::Restore{session_->job(), future->key, holder});
      lock.lock();
      const auto moved = [&] {
        future->awaited = true;
        return future->updates != seen || over_;
      };
      const auto patience = std::min(deadline, Clock::now() + std::chrono::seconds(30));
      if (!changed_.wait_until(lock, patience, moved) && patience == deadline) throw late();
    }
    if (!future->payload && over_) throw Error(*over_);
  }
}

void ClientState::cancel(const std::vector<FutureRef>& futures, bool force, const std::string& reason) {
  protocol::Cancel cancel{session_->job(), {}, force, reason};
  for (const FutureRef& future : futures) cancel.keys.push_back(future->key);
  session_->send(std::move(cancel));
}

void ClientState::retry(const std::vector<FutureRef>& futures) {
  protocol::Retry retry{session_->job(), {}};
  {
    std::lock_guard lock(mutex_);
    if (over_) throw Error(*over_);
    for (const FutureRef& future : futures) {
      retry.keys.push_back(future->key);
      if (future->state != State::error) continue;
      future->ended = false;
      future->state = State::pending;  // The coordinator says the same; who waits from now on waits for the new try.
      future->blame.reset();
    }
  }
  session_->send(std::move(retry));
}

State ClientState::state(const FutureRef& future) {
  std::lock_guard lock(mutex_);
  return future->state;
}

std::optional<protocol::Blame> ClientState::blame(const FutureRef& future) {
  std::lock_guard lock(mutex_);
  return future->blame ? std::optional(*future->blame) : std::nullopt;
}

void ClientState::when_done(const FutureRef& future, std::function<void()> then) {
  std::lock_guard lock(mutex_);
  if (future->done()) then();
  else future->when_done.push_back(std::move(then));
}

void ClientState::then(const FutureRef& future, std::function<void(const FutureRef&)> then) {
  auto work = [future, then = std::move(then)] { then(future); };
  {
    std::lock_guard lock(mutex_);
    if (!future->done()) {
      // The session's end settles what is pending before it stops the thread, so that this is never in vain.
      future->when_done.push_back([this, work = std::move(work)] { static_cast<void>(executor_.run(work)); });
      return;
    }
  }
  if (!executor_.run(std::move(work)))
    throw Error(ErrorCode::shut_down, "the cluster handle is closed: there is no thread to continue on");
}
}  // namespace tessera::detail
