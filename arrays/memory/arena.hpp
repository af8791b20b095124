/// @file
/// Memory of blocks: one arena a process, whose mappings are used again, so that steady state has no page faults. All calls are
/// safe from any thread; the arena outlives every static object that may hold a block.
#pragma once
#include "runtime/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tessera::arrays::memory {
/// From here on a block has a mapping of its own; smaller ones come from `operator new`.
inline constexpr std::uint64_t mapped_from_bytes = 64u << 10;
/// From here on a mapping is of huge pages where the system has them: they make the first touch four times faster.
inline constexpr std::uint64_t huge_from_bytes = 4u << 20;
/// Until `set_kept_max`: two chunks of 64 MiB, which is what a link has under way from one peer.
inline constexpr runtime::Bytes kept_max_default = runtime::mib(128);

/// `bytes` bytes that are not filled with zeros first; null if the system has no such memory, never an exception. Aligned to 64,
/// to 4096 from `mapped_from_bytes` and to 2 MiB from `huge_from_bytes` on. The memory goes back with the last pointer to it,
/// weak ones included, as with `std::make_shared`.
///
/// A mapping is at most a quarter larger than what was asked for, and takes memory only where it was touched.
std::shared_ptr<std::byte> allocate(std::uint64_t bytes);

/// Of mappings; what is smaller is not counted. Their memory is an upper bound: every page that a user was given since the page
/// was last given to the system, touched or not.
struct ArenaCounters {
  runtime::Bytes in_use;       ///< Memory that users hold.
  runtime::Bytes kept;         ///< Memory that was given back and waits for its next user.
  std::uint64_t mappings = 0;  ///< In use and kept.
  std::uint64_t recycled = 0;  ///< Requests so far that were served with a kept mapping.
  std::uint64_t fresh = 0;     ///< And with a new one.
};
ArenaCounters counters();

/// Gives kept memory to the system, the oldest first, until at most `keep` is left; returns how much that was.
runtime::Bytes trim(runtime::Bytes keep);
/// The bound of what is kept, from now on; what is above it goes to the system.
void set_kept_max(runtime::Bytes keep);
}  // namespace tessera::arrays::memory
