/// @file
/// Where a node's chunks go when memory is short.
#pragma once
#include "actors/spill/io_threads.hpp"
#include "actors/spill/store.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tessera::actors {
/// The folder that `wanted` means: a path; "none"; or "auto", the first of TMPDIR, /var/tmp and /tmp that may be written and does not
/// lie in memory. Empty: nothing is spilled. `invalid_argument` where a path that was asked for cannot be used.
runtime::Result<std::string> spill_folder_of(const std::string& wanted);

/// Calls for one chunk come in the order in which its work was queued.
class Disk {
 public:
  virtual ~Disk() = default;
  /// Queues `work` behind all that was queued for the same chunk; it runs beside its caller, never inside of this call. False where no
  /// more can be queued.
  [[nodiscard]] virtual bool run(const runtime::ChunkId& chunk, spill::IoWork& work) = 0;
  // Inside of `work`, as `spill::SpillStore` has them.
  virtual runtime::Result<void> write(const runtime::ChunkId& chunk, std::string_view type, const runtime::SharedBytes& payload) = 0;
  virtual runtime::Result<void> read(const runtime::ChunkId& chunk, std::span<std::byte> into) = 0;
  virtual void remove(const runtime::ChunkId& chunk) = 0;
  virtual spill::SpillCounters counters() = 0;
  /// Finishes what is under way and drops the rest; removes all files. Idempotent.
  virtual void stop() = 0;
};

/// A store in `folder` and two threads, both made when the first chunk goes. None where `folder` is empty.
std::unique_ptr<Disk> disk_in(const std::string& folder, spill::SpillCompression compression);
}  // namespace tessera::actors
