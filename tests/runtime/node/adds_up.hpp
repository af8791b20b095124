/// @file
/// An invariant of a node's core that costs too much to be part of its `check`.
#pragma once
#include "runtime/node/core.hpp"

namespace tessera::runtime::node {
/// What operations take is what the node takes.
inline bool adds_up(const Core& core) {
  Bytes resident, reserved, spilled;
  std::uint32_t running = 0;
  for (const auto& one : core.by_operation([](JobId, OperationId) { return std::string(); }))
    resident += one.resident, reserved += one.reserved, spilled += one.spilled, running += one.running;
  const protocol::NodeStatus status = core.status();
  return resident == status.resident && reserved == status.reserved && spilled == status.spilled && running == status.running;
}
}  // namespace tessera::runtime::node
