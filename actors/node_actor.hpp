/// @file
/// The control actor of a node: hands what comes as mail to the node's shell.
#pragma once
#include "actors/mail.hpp"
#include "actors/node.hpp"

namespace tessera::actors {
caf::actor spawn_node_actor(caf::actor_system& system, std::shared_ptr<Node> node);
}  // namespace tessera::actors
