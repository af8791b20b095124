#include "tests/simulation/fault/disk.hpp"

#include <algorithm>

namespace tessera::simulation::fault {
Duration Disk::order(const runtime::ChunkId& chunk, Bytes size) {
  Duration takes = microseconds(80) + Duration{static_cast<std::int64_t>(size.value * 2)};  // 500 MB/s
  if (stage_.chaos.has(Fault::slow_disk)) takes = takes + stage_.between({}, stage_.rng.below(20) == 0 ? seconds(3) : milliseconds(200));
  Instant& thread = free_[std::hash<runtime::ChunkId>()(chunk) % free_.size()];
  thread = std::max(thread, stage_.time.now()) + takes;
  return thread - stage_.time.now();
}

std::string Disk::write(const runtime::ChunkId& chunk, std::span<const std::byte> bytes) {
  const auto fails = [&](const char* why) {
    ++stage_.full_disks;
    stage_.saw(why);
    return std::string(why);
  };
  if (stage_.time.now() < full_until) return fails("the disk is full");
  if (stage_.chaos.has(Fault::full_disk) && stage_.chance(3)) return fails("a write failed");
  if (files_.contains(chunk)) return {};  // A chunk that is there is not written again.
  File& file = files_[chunk];
  file.stored.assign(bytes.begin(), bytes.end());
  serialization::SpillHeader header{.chunk = chunk, .type = "number", .payload_bytes = bytes.size(), .stored_bytes = bytes.size(), .digest = {}};
  header.digest = serialization::spill_digest(file.stored);
  serialization::encode_spill_header(header, file.header);
  if (stage_.chaos.has(Fault::bad_files) && stage_.chance(6)) damage(files_.find(chunk));
  return {};
}

void Disk::damage(std::map<runtime::ChunkId, File>::iterator at) {
  File& file = at->second;
  switch (stage_.rng.below(5)) {
    case 0: file.stored.resize(stage_.rng.below(file.stored.size())); break;                                       // Torn.
    case 1: file.stored[stage_.rng.below(file.stored.size())] ^= std::byte{1} << stage_.rng.below(8); break;
    case 2: file.header[stage_.rng.below(file.header.size())] ^= std::byte{1} << stage_.rng.below(8); break;
    case 3: files_.erase(at); break;
    default: std::swap(file, files_.begin()->second);                                                              // Two files change places.
  }
}

std::optional<std::vector<std::byte>> Disk::read(const runtime::ChunkId& chunk) {
  const auto at = files_.find(chunk);
  const auto bad = [&]() -> std::optional<std::vector<std::byte>> {
    ++stage_.bad_files;
    stage_.saw("bad file found");
    files_.erase(chunk);
    return std::nullopt;
  };
  if (at == files_.end()) return bad();
  const auto header = serialization::decode_spill_header(at->second.header);
  if (!header || header->chunk != chunk || header->stored_bytes != at->second.stored.size() || header->digest != serialization::spill_digest(at->second.stored))
    return bad();
  return at->second.stored;
}
}  // namespace tessera::simulation::fault
