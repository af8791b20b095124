/// @file
/// The actor of one job: a shell of `runtime::coordinator::Core`.
#pragma once
#include "actors/inbox.hpp"
#include "actors/mail.hpp"
#include "runtime/coordinator/core.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace tessera::actors {
class Recorder;

/// Where a coordinator's messages go; must only enqueue.
struct CoordinatorOutlets {
  std::function<void(runtime::NodeId, runtime::protocol::Message)> to_node;
  std::function<void(runtime::ClientId, runtime::protocol::Message)> to_client;
};

/// What a coordinator shares with others: its mail, and what they may ask of it at any moment, refreshed in each tick and when asked.
struct CoordinatorState {
  Inbox inbox;
  std::mutex mutex;
  runtime::coordinator::Counts counts;
  std::atomic<std::uint64_t> messages{0}, wakeups{0};
};
struct LookMail {};

struct AskCounts {};
}  // namespace tessera::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::AskCounts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::LookMail)

namespace tessera::actors {
caf::actor spawn_coordinator(caf::actor_system& system, runtime::coordinator::Config config, CoordinatorOutlets outlets,
                             std::shared_ptr<CoordinatorState> state, std::shared_ptr<Recorder> recorder = nullptr);

/// A message of a node or a client.
inline void post(const caf::actor& coordinator, CoordinatorState& state, runtime::NodeId from, runtime::protocol::Message message) {
  if (state.inbox.push(from, std::move(message))) caf::anon_send(coordinator, LookMail{});
}
inline void post(const caf::actor& coordinator, CoordinatorState& state, Membership event) {
  if (state.inbox.push(std::move(event))) caf::anon_send(coordinator, LookMail{});
}
}  // namespace tessera::actors
