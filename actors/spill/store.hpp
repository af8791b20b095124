/// @file
/// Chunks on disk: each in a file of its own, written once and checked when it is read.
#pragma once
#include "actors/spill/folder.hpp"
#include "actors/spill/packing.hpp"
#include "actors/spill/tries.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"
#include "serialization/spill_file.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tessera::actors::spill {
struct SpillOptions {
  std::string folder;             ///< An existing one, by its whole path. The store makes one of its own in it.
  std::uint64_t limit_bytes = 0;  ///< On disk, headers included; 0 is what the disk has.
  SpillCompression compression = SpillCompression::none;
  std::uint64_t disk_bytes_per_second = 0;  ///< What is known of it before the first write, for `automatic`; 0: nothing.
  Pause pause = sleep_for;        ///< Between tries to read, on the thread that reads.
};

struct SpillCounters {
  std::uint64_t bytes_written = 0;           ///< Payload, since the store was opened.
  std::uint64_t bytes_read = 0;              ///< Payload that passed its check.
  std::uint64_t files = 0;
  std::uint64_t bytes_on_disk = 0;           ///< With what is reserved for files that are being written.
  std::uint64_t write_errors = 0;            ///< A full disk included.
  std::uint64_t chunks_lost = 0;             ///< Reads that gave `data_lost` for a chunk that was written.
  std::uint64_t folders_swept = 0;           ///< Of dead processes, when the store was opened.
  std::uint64_t write_bytes_per_second = 0;  ///< Of payload in one call, of late; 0 before the first.
  std::uint64_t read_bytes_per_second = 0;
};

/// Thread-safe and synchronous: calls for different chunks run side by side; those for one chunk the caller puts in order. Each
/// costs what the disk does, `remove` too (milliseconds). Files are not synced: none outlives the process. O_DIRECT is used where
/// the file system has it, so that what is spilled does not fill the page cache; memory that is aligned to 4096 then goes to the
/// disk without a copy, other memory through 1 MiB for each call under way.
class SpillStore {
 public:
  /// Makes the store's folder, and removes those that dead processes of this user left beside it. `invalid_argument` says what is
  /// wrong with the folder and what to do.
  static runtime::Result<std::unique_ptr<SpillStore>> open(SpillOptions options);
  /// Removes the folder with all files.
  ~SpillStore();
  SpillStore(const SpillStore&) = delete;

  /// Writes the chunk; returns what it takes on disk. A chunk that is there is not written again (`key_conflict` where it has
  /// another size). `out_of_disk` names the path, what is needed and what is free, before any data is written where the file system
  /// can reserve space; after any failure nothing is left of the file, and the store goes on.
  runtime::Result<std::uint64_t> write(const runtime::ChunkId& chunk, std::string_view type, const runtime::SharedBytes& payload);
  /// Fills `into`, whose size is the payload's (else `invalid_argument`). `data_lost` where the file is missing or not exactly what
  /// was written, read twice: it is removed then, and the chunk may be written anew. What may pass is tried four times (`next_try`);
  /// `io_failed` where it does not. After a failure `into` holds nothing of use.
  runtime::Result<void> read(const runtime::ChunkId& chunk, std::span<std::byte> into);
  /// Forgets the chunk and removes its file. Idempotent.
  void remove(const runtime::ChunkId& chunk);

  SpillCounters counters() const;
  /// The store's own.
  const std::string& folder() const { return folder_.path(); }

 private:
  struct File {
    std::string name;
    serialization::SpillCodec codec = serialization::SpillCodec::none;
    std::uint64_t payload_bytes = 0;
    std::uint64_t file_bytes = 0;
    serialization::SpillDigest header;  ///< That its header ends with: an older file of the same chunk is refused.
  };
  class Room;
  SpillStore(SpillOptions options, OwnFolder folder);
  std::shared_ptr<Room> room();  // Null where there is no memory.
  Descriptor open_file(const std::string& name, int flags);
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  runtime::Result<void> reserve(std::uint64_t bytes);
  runtime::Failure write_failure(const std::string& name, std::uint64_t need, int error);
  bool shall_pack(std::span<const std::byte> payload, const Room& room);
  int write_file(File& file, serialization::SpillHeader header, std::span<const std::byte> payload, const Room& room, std::uint64_t& packing_ns);
  runtime::Result<void> read_file(const File& file, const runtime::ChunkId& chunk, std::span<std::byte> into,
                                  const Room& room);
  void forget(const runtime::ChunkId& chunk, const std::string& name);

  const SpillOptions options_;
  OwnFolder folder_;
  std::atomic<bool> direct_{true};
  mutable std::mutex mutex_;  ///< Guards what follows.
  std::unordered_map<runtime::ChunkId, File> files_;
  std::vector<std::unique_ptr<Room>> spare_;
  SpillCounters counters_;
  Speed writes_, reads_;
  Packing packing_;
};
}  // namespace tessera::actors::spill
