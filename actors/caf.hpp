/// @file
/// Everything of CAF that the project uses; what a later CAF would change is changed here (`docs/decisions/0002-lanes-and-slim-actors.md`).
#pragma once
#include <caf/actor_clock.hpp>
#include <caf/all.hpp>
#include <caf/detail/set_thread_name.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/execution_unit.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace tessera::actors {
using Actor = caf::actor;
using ActorSystem = caf::actor_system;

/// Of a system's clock, which only goes forward: the machine's, or a virtual one under a scheduler for tests.
inline std::int64_t now_ns(const caf::actor_clock& clock) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock.now().time_since_epoch()).count();
}

/// An actor that lives for one thing and has no mailbox: 0.3 us from spawn to end, where an event-based one costs 1 to 3.
/// It has an id and a handle, can be monitored and linked; requests to it are bounced, `exit_msg` raises its stop flag.
class SlimActor : public caf::monitorable_actor, public caf::resumable {
 public:
  using signatures = caf::none_t;
  using behavior_type = caf::behavior;
  explicit SlimActor(caf::actor_config& config) : caf::monitorable_actor(config) {}

  void launch(caf::execution_unit*, bool, bool) {}
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    if (!what) return;
    if (what->content().match_elements<caf::exit_msg>()) {
      stop_.store(true, std::memory_order_relaxed);
    } else if (what->mid.is_request()) {
      caf::detail::sync_request_bouncer bounce{caf::sec::unexpected_message};
      bounce(*what);
    }
  }
  // `unspecified`: CAF's shutdown would cast anything else to `scheduled_actor`.
  subtype_t subtype() const override { return caf::resumable::unspecified; }
  void intrusive_ptr_add_ref_impl() override { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { caf::intrusive_ptr_release(ctrl()); }
  void on_destroy() override {
    if (getf(is_cleaned_up_flag)) return;
    cleanup(caf::exit_reason::unreachable, nullptr);
    monitorable_actor::on_destroy();
  }
  /// Ends the actor: whoever monitors it is told.
  void end(caf::error reason = caf::exit_reason::normal) { cleanup(std::move(reason), nullptr); }
  void stop() { stop_.store(true, std::memory_order_relaxed); }
  const std::atomic<bool>& stop_flag() const { return stop_; }

 private:
  std::atomic<bool> stop_{false};
};

/// A strong handle that knows the class behind it.
template <class T>
class SlimHandle {
 public:
  SlimHandle() = default;
  explicit SlimHandle(caf::strong_actor_ptr actor) : actor_(std::move(actor)) {}
  T* get() const { return actor_ ? static_cast<T*>(actor_->get()) : nullptr; }
  T* operator->() const { return get(); }
  explicit operator bool() const { return static_cast<bool>(actor_); }
  void reset() { actor_.reset(); }

 private:
  caf::strong_actor_ptr actor_;
};

template <class T, class... Args>
SlimHandle<T> spawn_slim(caf::actor_system& system, caf::execution_unit* host, Args&&... args) {
  caf::actor_config config{host};
  return SlimHandle<T>(caf::actor_cast<caf::strong_actor_ptr>(
      system.spawn_impl<T, caf::hidden>(config, std::forward<Args>(args)...)));
}
}  // namespace tessera::actors
