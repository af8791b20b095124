/// @file
/// How much a node is given at a time: enough that no lane waits for the coordinator, little enough that what comes later can still go elsewhere.
#pragma once
#include "runtime/base/units.hpp"

#include <cstdint>

namespace tessera::runtime::policy {
struct Window {
  std::uint32_t tasks_max = 1024;             ///< Tasks given to a node and not done, ready ones and ahead ones each.
  Duration per_lane = milliseconds(4);        ///< Work given to a lane beyond which no more is given.
};

/// Whether a node takes one more task. `count` of its kind, ready or ahead of their inputs, and `queued` of all wait there or run. Of those that wait for inputs on the node
/// more, so that a lane finds who uses what was just made there, instead of reading more.
constexpr bool has_room(const Window& window, std::uint32_t lanes, bool ahead, std::int64_t count, Duration queued) {
  if (count >= window.tasks_max) return false;
  if (count < (ahead ? 32 : 2) * std::int64_t{lanes}) return true;
  return queued < Duration{window.per_lane.ns * lanes};
}
}  // namespace tessera::runtime::policy
