/// @file
/// The life of one attempt of a task, as its node sees it: the table only; `runtime/node/core.hpp` keeps the attempts.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::runtime::task::execution {
enum class Phase : std::uint8_t {
  gathering,  ///< An input is not here yet: it is computed here, or comes from another node.
  admitting,  ///< The ledger has no room yet for the output and scratch.
  queued,     ///< Everything is here and reserved; a lane or a resource is awaited.
  running,    ///< On a lane.
  discarded,  ///< On a lane, but nobody wants the result; the lane counts as busy until the kernel returns (C3).
  ended,      ///< Reported or withdrawn.
};
inline constexpr int phase_count = 6;

enum class Trigger : std::uint8_t {
  inputs_here,  ///< The last input came.
  granted,      ///< The ledger reserved what it needs.
  started,      ///< A lane took it.
  ended,        ///< The operation returned, threw or delegated; or it can never run here.
  withdrawn,    ///< The coordinator does not want this attempt any more.
};
inline constexpr int trigger_count = 5;

std::string_view to_string(Phase phase);
std::string_view to_string(Trigger trigger);

/// The phase after `trigger` in `phase`; empty where the pair is illegal. O(1).
std::optional<Phase> next(Phase phase, Trigger trigger);
}  // namespace tessera::runtime::task::execution
