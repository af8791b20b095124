#include "client/state.hpp"

#include "actors/runtime_thread.hpp"

#include <fmt/format.h>

#include <random>

namespace tessera::detail {
namespace protocol = runtime::protocol;

FutureCore::~FutureCore() { owner->release(*this); }

std::shared_ptr<ClientState> ClientState::local(actors::SessionOptions options) {
  std::shared_ptr<ClientState> state(new ClientState);
  state->salt_ = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
  auto session = actors::Session::local(std::move(options), [weak = std::weak_ptr(state)](const protocol::Message& message) {
    if (const auto alive = weak.lock()) alive->on_message(message);
  });
  if (!session) throw Error(session.failure());
  state->session_ = std::move(*session);
  return state;
}

ClientState::~ClientState() { close(); }

void ClientState::close() {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  if (session_) session_->close();
  end_all(ErrorCode::shut_down, "the cluster handle was closed before the work ended");
  {
    std::lock_guard lock(executor_mutex_);
    executor_stop_ = true;
  }
  executor_wake_.notify_all();
  if (!executor_.joinable()) return;
  // A continuation may hold the last handle: then this runs on the executor itself.
  if (executor_.get_id() == std::this_thread::get_id()) executor_.detach();
  else executor_.join();
}

void ClientState::end_all(ErrorCode code, const std::string& why) {
  Continuations ended;
  {
    std::lock_guard lock(mutex_);
    for (auto& [key, entry] : futures_) {
      FutureCore& future = *entry.second;
      if (future.done()) continue;
      protocol::Blame blame;
      blame.code = code;
      blame.message = why;
      blame.key = key;
      future.state = State::lost;
      future.blame = blame;
      settle(future, ended);
    }
  }
  changed_.notify_all();
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

std::vector<FutureRef> ClientState::submit(runtime::graph::Graph graph, const std::vector<runtime::graph::Index>& wants) {
  std::vector<FutureRef> futures;
  std::string conflict;
  futures.reserve(wants.size());
  protocol::Submit submit{session_->job(), std::make_shared<const runtime::graph::Graph>(std::move(graph)), {}};
  {
    std::lock_guard lock(mutex_);
    if (closed_) throw Error(ErrorCode::shut_down, "the cluster handle is closed");
    for (const runtime::graph::Index want : wants) {
      const runtime::Key& key = submit.graph->tasks[want].key;
      auto& entry = futures_[key];
      FutureRef future = entry.first.lock();
      const bool is_new = !future;
      if (is_new) {
        future = std::make_shared<FutureCore>(shared_from_this(), key);
        future->content = runtime::graph::content_key(*submit.graph, want);
        future->operation = submit.graph->operations[submit.graph->tasks[want].operation];
        entry = {future, future.get()};
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
  if (!submit.wants.empty()) session_->send(std::move(submit));
  return futures;
}

FutureRef ClientState::scatter(arrays::Payload payload) {
  const runtime::Key key = unique_key();
  auto future = std::make_shared<FutureCore>(shared_from_this(), key);
  {
    std::lock_guard lock(mutex_);
    if (closed_) throw Error(ErrorCode::shut_down, "the cluster handle is closed");
    futures_[key] = {future, future.get()};
    future->payload = payload;
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
    const auto at = futures_.find(core.key);
    if (at != futures_.end() && at->second.second == &core) futures_.erase(at);
    if (closed_ || core.released) return;
  }
  session_->send(protocol::Release{session_->job(), {core.key}});
}

// Works on the futures in place, without handles of its own: a handle here would keep a result that the program released.
// A future that is just being destroyed waits in `release` for the mutex, so what the table names is whole.
void ClientState::on_message(const protocol::Message& message) {
  Continuations ended;  // Destroyed after the lock: they may hold last handles, whose end takes it again.
  {
    std::lock_guard lock(mutex_);
    if (const auto* updates = std::get_if<protocol::Updates>(&message)) {
      for (const protocol::Update& update : updates->updates) {
        const auto at = futures_.find(update.key);
        if (at == futures_.end()) continue;
        FutureCore& future = *at->second.second;
        ++future.updates;
        future.state = update.state;
        future.blame = update.blame;
        future.holder = update.holder;
        if (future.done() && update.state != State::finished) future.payload.reset();
        if (future.done()) settle(future, ended);
      }
    } else if (const auto* refused = std::get_if<protocol::Refused>(&message)) {
      for (const runtime::Key& key : refused->keys) {
        const auto at = futures_.find(key);
        if (at == futures_.end()) continue;
        FutureCore& future = *at->second.second;
        ++future.updates;
        future.state = State::error;
        future.blame = refused->blame;
        future.released = true;
        settle(future, ended);
      }
    }
  }
  changed_.notify_all();
}

void ClientState::settle(FutureCore& core, Continuations& ended) {
  for (auto& then : std::exchange(core.when_done, {})) {
    then();
    ended.push_back(std::move(then));
  }
}

bool ClientState::wait(const std::vector<FutureRef>& futures, Clock::time_point deadline) {
  refuse_blocking("wait");
  std::unique_lock lock(mutex_);
  return wait_locked(lock, futures, deadline);
}

bool ClientState::wait_locked(std::unique_lock<std::mutex>& lock, std::span<const FutureRef> futures,
                              Clock::time_point deadline) {
  std::size_t first = 0;
  const auto all_done = [&] {
    while (first < futures.size() && futures[first]->done()) ++first;
    return first == futures.size();
  };
  if (deadline != Clock::time_point::max()) return changed_.wait_until(lock, deadline, all_done);
  changed_.wait(lock, all_done);
  return true;
}

std::shared_ptr<const void> ClientState::get(const FutureRef& future, const arrays::ValueType& type,
                                             Clock::time_point deadline) {
  if (state(future) == State::pending) refuse_blocking("get");
  const auto late = [&] {
    return Error(ErrorCode::timeout, fmt::format("no result for {} within the time given; it goes on", to_string(future->key)));
  };
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!wait_locked(lock, {&future, 1}, deadline)) throw late();
    if (future->state != State::finished) {
      if (!future->done()) continue;
      throw Error(*future->blame);
    }
    if (future->payload) {
      auto value = future->payload->as(type);
      if (!value) throw Error(value.failure());
      if (!future->payload->value) future->payload = arrays::Payload{*value, &type, {}, {}};
      return *value;
    }
    const runtime::NodeId holder = future->holder;
    const std::uint64_t seen = future->updates;
    lock.unlock();
    if (auto here = session_->find(future->key)) {
      std::lock_guard again(mutex_);
      future->payload = std::move(here);
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
      future->payload = std::move(answer->payload);
    } else if (future->updates == seen && !closed_) {
      // The holder has it no more, and the coordinator will say where it is next.
      const auto moved = [&] { return future->updates != seen || closed_; };
      const auto patience = std::min(deadline, Clock::now() + std::chrono::seconds(30));
      if (!changed_.wait_until(lock, patience, moved) && patience == deadline) throw late();
    }
    if (closed_) throw Error(ErrorCode::shut_down, "the cluster handle was closed while a value was awaited");
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
    for (const FutureRef& future : futures) {
      retry.keys.push_back(future->key);
      if (future->state != State::error) continue;
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
  return future->blame;
}

void ClientState::when_done(const FutureRef& future, std::function<void()> then) {
  std::lock_guard lock(mutex_);
  if (future->done()) then();
  else future->when_done.push_back(std::move(then));
}

void ClientState::run_later(std::function<void()> work) {
  std::lock_guard lock(executor_mutex_);
  executor_queue_.push_back(std::move(work));
  if (!executor_.joinable() && !executor_stop_) executor_ = std::thread([this] { executor_main(); });
  executor_wake_.notify_one();
}

void ClientState::executor_main() {
  actors::RuntimeThread mark;
  std::unique_lock lock(executor_mutex_);
  for (;;) {
    executor_wake_.wait(lock, [this] { return executor_stop_ || !executor_queue_.empty(); });
    if (executor_queue_.empty()) return;
    std::function<void()> work = std::move(executor_queue_.front());
    executor_queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}
}  // namespace tessera::detail
