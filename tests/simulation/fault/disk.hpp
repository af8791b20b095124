/// @file
/// The spill folder of one node: files as `serialization/spill_file.hpp` encodes and checks them, on a disk that is slow, full, or lies.
#pragma once
#include "runtime/base/ids.hpp"
#include "serialization/spill_file.hpp"
#include "tests/simulation/fault/stage.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>

namespace tessera::simulation::fault {
class Disk {
 public:
  explicit Disk(Stage& stage) : stage_(stage) {}

  /// When a transfer of that chunk ends that is ordered now; those of one chunk end in order.
  Duration order(const runtime::ChunkId& chunk, Bytes size);
  /// Empty: written. Else why not.
  std::string write(const runtime::ChunkId& chunk, std::span<const std::byte> bytes);
  /// Nothing where the file is not what was written.
  std::optional<std::vector<std::byte>> read(const runtime::ChunkId& chunk);
  void remove(const runtime::ChunkId& chunk) { files_.erase(chunk); }

  Instant full_until;
  std::size_t files() const { return files_.size(); }

 private:
  struct File {
    serialization::SpillBlock header;
    std::vector<std::byte> stored;
  };
  void damage(std::map<runtime::ChunkId, File>::iterator file);

  Stage& stage_;
  std::map<runtime::ChunkId, File> files_;
  std::array<Instant, 2> free_;  ///< Of each thread.
};
}  // namespace tessera::simulation::fault
