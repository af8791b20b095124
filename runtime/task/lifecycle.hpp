/// @file
/// The life of one task, as the coordinator sees it: the only place that says which transition is legal.
/// `runtime/coordinator/core.hpp` keeps the tasks and chooses the triggers; it assigns a phase only through `next`.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::runtime::task {
enum class Phase : std::uint8_t {
  waiting,    ///< At least one input does not exist.
  ready,      ///< All inputs exist; no node is chosen.
  assigned,   ///< Sent to a node, perhaps ahead of its inputs; the node's answer is awaited.
  done,       ///< The result exists on some node.
  failed,     ///< An error of its own or of an input, or lost data.
  cancelled,  ///< Nobody wants it, or the user cancelled it.
};
inline constexpr int phase_count = 6;

/// What an event amounts to: the columns of the transition table.
enum class Trigger : std::uint8_t {
  inputs_ready,  ///< The last missing input exists.
  input_lost,    ///< An input that existed is gone; it is computed again.
  placed,        ///< A node was chosen; from waiting, too: ahead of the inputs.
  finished,      ///< The node has the result.
  delegated,     ///< The task answered with a graph: it waits for that graph's result instead.
  retry,         ///< The attempt failed or its node died, and another may follow.
  give_up,       ///< The attempt failed and none may follow.
  output_lost,   ///< The last copy of the result is gone.
  input_failed,  ///< An input failed or was cancelled.
  cancel,        ///< The user cancelled.
  reset,         ///< The user asked for a new try of what failed (rule E6).
};
inline constexpr int trigger_count = 11;

std::string_view to_string(Phase phase);
std::string_view to_string(Trigger trigger);

/// The phase after `trigger` in `phase`; empty where the pair is illegal (rule S2). O(1).
std::optional<Phase> next(Phase phase, Trigger trigger);
}  // namespace tessera::runtime::task
