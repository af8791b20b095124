/// @file
/// The life of one attempt of a task, as its node sees it: the table only; `runtime/node/core.hpp` keeps the attempts.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::runtime::task::execution {
enum class Phase : std::uint8_t {
  gathering,  ///< An input is not here yet: it is computed here, or comes from another node.
  queued,     ///< All inputs are here, in memory or on disk; its turn is awaited. It holds no memory.
  admitting,  ///< Its turn has come, and the ledger has no room yet for all that it needs.
  loading,    ///< All is reserved; inputs come from disk.
  prepared,   ///< Everything is in memory and reserved; a lane is awaited.
  running,    ///< On a lane.
  discarded,  ///< On a lane, but nobody wants the result; the lane counts as busy until the kernel returns (C3).
  ended,      ///< Reported or withdrawn.
};
inline constexpr int phase_count = 8;

enum class Trigger : std::uint8_t {
  inputs_here,  ///< The last input came.
  picked,       ///< Its turn has come.
  put_back,     ///< Another one goes first: its turn comes again.
  granted,      ///< The ledger reserved what it needs.
  loaded,       ///< The last input is in memory.
  started,      ///< A lane took it.
  ended,        ///< The operation returned, threw or delegated; or it can never run here.
  withdrawn,    ///< The coordinator does not want this attempt any more.
};
inline constexpr int trigger_count = 8;

std::string_view to_string(Phase phase);
std::string_view to_string(Trigger trigger);

/// The phase after `trigger` in `phase`; empty where the pair is illegal. O(1).
std::optional<Phase> next(Phase phase, Trigger trigger);
}  // namespace tessera::runtime::task::execution
