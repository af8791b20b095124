/// @file
/// Where a node's chunks go when memory is short: a store and the threads that serve it, both made when the first chunk goes.
#pragma once
#include "actors/spill/io_threads.hpp"
#include "actors/spill/store.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tessera::actors {
/// The folder that `wanted` means: a path; "none"; or "auto", the first of TMPDIR, /var/tmp and /tmp that may be written and does not
/// lie in memory. Empty: nothing is spilled. `invalid_argument` where a path that was asked for cannot be used.
runtime::Result<std::string> spill_folder_of(const std::string& wanted);

class Disk {
 public:
  /// `folder` empty: there is none.
  explicit Disk(std::string folder) : folder_(std::move(folder)) {}
  ~Disk() { stop(); }

  /// Queues `work` behind all that was queued for the same chunk. False where no more can be queued.
  [[nodiscard]] bool run(const runtime::ChunkId& chunk, spill::IoWork& work);
  /// On one of its threads.
  runtime::Result<spill::SpillStore*> store();
  spill::SpillCounters counters();
  /// Finishes what is under way and drops the rest; removes all files. Idempotent.
  void stop();

 private:
  static constexpr std::size_t threads = 2;
  const std::string folder_;
  std::mutex mutex_;
  std::unique_ptr<spill::SpillStore> store_;
  std::unique_ptr<spill::IoThreads> queues_[threads];  ///< A thread each, so that what is asked for one chunk keeps its order.
  bool stopped_ = false;
};
}  // namespace tessera::actors
