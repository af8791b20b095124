/// @file
/// The actor of one job: a shell of `runtime::coordinator::Core`.
#pragma once
#include "actors/mail.hpp"
#include "runtime/coordinator/core.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace tessera::actors {
/// Where a coordinator's messages go; must only enqueue.
struct CoordinatorOutlets {
  std::function<void(runtime::NodeId, runtime::protocol::Message)> to_node;
  std::function<void(runtime::ClientId, runtime::protocol::Message)> to_client;
};

/// What others may ask of a coordinator at any moment; refreshed in each tick and when asked.
struct CoordinatorState {
  std::mutex mutex;
  runtime::coordinator::Counts counts;
  std::uint64_t messages = 0;
};

/// Events of membership, which come from this process and never over a wire.
using Membership = std::variant<runtime::coordinator::NodeJoined, runtime::coordinator::NodeLost,
                                runtime::coordinator::ClientJoined, runtime::coordinator::ClientLost>;
struct AskCounts {};

caf::actor spawn_coordinator(caf::actor_system& system, runtime::coordinator::Config config, CoordinatorOutlets outlets,
                             std::shared_ptr<CoordinatorState> state);
}  // namespace tessera::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::Membership)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::AskCounts)
