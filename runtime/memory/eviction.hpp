/// @file
/// Which results give way when a node's memory is short. Pure, and the same for the live node (runtime/node/memory.cpp) and the simulator's (simulation/engine/run_disk.cpp).
#pragma once
#include "runtime/memory/ledger.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::runtime::memory {
/// When a result is needed here again.
struct Soonest {
  bool is_known = false;                 ///< Somebody who waits for his turn here needs it; else nobody does yet.
  bool of_first = false;                 ///< The first in the ledger's queue needs it.
  Rank rank;                             ///< Of the first who does.

  void note(Rank user, const std::optional<Rank>& first) {
    if (!is_known || user < rank) is_known = true, rank = user;
    of_first |= first && user == *first;
  }
};

/// What the first in the queue needs stays (M7), and what one before it needs, too, unless nothing else moves: who is before it may wait for a node that waits for this one.
inline bool may_go(const Soonest& soonest, const std::optional<Rank>& first, bool moves) {
  return !soonest.of_first && !(moves && soonest.is_known && first && soonest.rank < *first);
}

/// A result in memory that nothing holds there.
struct Victim {
  std::uint32_t chunk = 0;
  Bytes size;
  Soonest soonest;
  Rank made;                             ///< Of the task that made it.
  bool is_free = false;                  ///< Nothing has to be written: its file is there, or it is dropped. Its memory is free at once.
};

/// What is needed latest goes first: what nobody here needs yet, the latest made before the others, since what is made first is used first; then by the rank of who needs it.
void sort_by_need(std::vector<Victim>& victims);

/// Sorts, and leaves those that shall go: enough for the `wanted` bytes that are not `being_written` already, and a little more of what goes to disk and nobody needs yet, so that who comes next
/// need not wait for it.
void choose(std::vector<Victim>& victims, Bytes wanted, Bytes being_written, Bytes limit);
}  // namespace tessera::runtime::memory
