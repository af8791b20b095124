/// @file
/// The life of one replica of a chunk on its node: the table only; `runtime/node/core.hpp` keeps the replicas.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::runtime::chunk {
enum class Phase : std::uint8_t {
  filling,   ///< Reserved; bytes arrive from another node.
  resident,  ///< In memory.
  spilling,  ///< In memory, being written to disk.
  spilled,   ///< On disk only.
  loading,   ///< On disk, being read into reserved memory.
  gone,      ///< Released or lost.
};
inline constexpr int phase_count = 6;

enum class Trigger : std::uint8_t {
  filled,        ///< All bytes are there.
  fill_failed,   ///< The sender is gone or has no such chunk.
  spill,         ///< The ledger named it a victim.
  spill_done,    ///< The file is whole.
  spill_failed,  ///< The disk is full or broken: it stays in memory.
  spill_undone,  ///< Needed again before the file was whole.
  load,          ///< A task or a peer needs it.
  load_done,     ///< In memory again.
  load_failed,   ///< The file is gone or its checksum is wrong: a lost copy (rule M4).
  release,       ///< Nobody wants it any more.
};
inline constexpr int trigger_count = 10;

std::string_view to_string(Phase phase);
std::string_view to_string(Trigger trigger);

/// The phase after `trigger` in `phase`; empty where the pair is illegal. O(1).
std::optional<Phase> next(Phase phase, Trigger trigger);
}  // namespace tessera::runtime::chunk
