/// @file
/// The control actor of a node: hands what comes as mail to the node's shell.
#pragma once
#include "actors/mail.hpp"
#include "actors/node.hpp"

namespace tessera::actors {
/// Answers `NodeOutlets::pull`; without a payload the pull has failed.
struct PulledMail {
  runtime::node::ChunkSlot chunk;
  std::shared_ptr<arrays::Payload> payload;
};
}  // namespace tessera::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::PulledMail)

namespace tessera::actors {
inline void post_pulled(const caf::actor& node, runtime::node::ChunkSlot chunk, std::optional<arrays::Payload> payload) {
  caf::anon_send(node, PulledMail{chunk, payload ? std::make_shared<arrays::Payload>(std::move(*payload)) : nullptr});
}

/// Does with the node's shell what its actor does when it gets this mail. By any thread of the runtime.
void feed(Node& node, const Mail& mail);

/// `on_tick` is called about once a second.
caf::actor spawn_node_actor(caf::actor_system& system, std::shared_ptr<Node> node, std::function<void()> on_tick = {});
}  // namespace tessera::actors
