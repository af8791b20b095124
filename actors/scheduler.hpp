/// @file
/// CAF's threads for event-based actors: one queue for all, as in its `sharing`, which wakes a thread for each message, with its lock held.
/// Its `stealing` collapses under a backlog (docs/decisions/0002-lanes-and-slim-actors.md).
#pragma once
#include "actors/caf.hpp"
#include "actors/idle.hpp"

#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <deque>
#include <utility>

namespace tessera::actors {
class Sharing : public caf::policy::unprofiled {
 public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    ShortMutex lock;
    std::deque<caf::resumable*> queue;
    Idle idle;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    auto& data = d(self);
    std::size_t to_wake = 0;
    {
      std::lock_guard guard(data.lock);
      data.queue.push_back(job);
      to_wake = data.idle.queued(data.queue.size());
    }
    data.idle.wake(to_wake);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& data = d(self->parent());
    std::unique_lock guard(data.lock);
    while (data.queue.empty()) data.idle.wait(guard, [] { return false; });
    caf::resumable* const job = data.queue.front();
    data.queue.pop_front();
    const std::size_t to_wake = data.idle.queued(data.queue.size());
    guard.unlock();
    data.idle.wake(to_wake);
    return job;
  }
  template <class Worker, class Visit>
  void foreach_resumable(Worker*, Visit) {}
  template <class Coordinator, class Visit>
  void foreach_central_resumable(Coordinator* self, Visit visit) {
    std::lock_guard guard(d(self).lock);
    for (caf::resumable* job : std::exchange(d(self).queue, {})) visit(job);
  }
};

/// 50 messages a turn, so that no actor keeps a thread.
struct ActorConfig : caf::actor_system_config {
  explicit ActorConfig(std::size_t threads) {
    load<caf::scheduler::coordinator<Sharing>>();
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", std::size_t{50});
    set("logger.verbosity", caf::atom("quiet"));
  }
};
}  // namespace tessera::actors
