#include "tests/simulation/actors/spill_disk.hpp"

#include <algorithm>
#include <utility>

namespace tessera::simulation::shells {
using runtime::ErrorCode;
using runtime::Failure;

bool SpillDisk::run(const runtime::ChunkId& chunk, actors::spill::IoWork& work) {
  const std::uint64_t number = next_++;
  queued_.emplace(number, &work);
  process_.after(files_.order(chunk, runtime::kib(64)), [this, number] {
    auto its = queued_.extract(number);
    if (its.empty()) return;
    stage_.progress();
    its.mapped()->run();
  });
  return true;
}

runtime::Result<void> SpillDisk::write(const runtime::ChunkId& chunk, std::string_view, const runtime::SharedBytes& payload) {
  if (const std::string why = files_.write(chunk, payload.bytes); !why.empty()) return Failure{ErrorCode::out_of_disk, why};
  stage_.saw("spilled");
  return {};
}

runtime::Result<void> SpillDisk::read(const runtime::ChunkId& chunk, std::span<std::byte> into) {
  const auto bytes = files_.read(chunk);
  if (!bytes) return Failure{ErrorCode::data_lost, "the file is not what was written"};
  if (bytes->size() != into.size()) violated("a file of {} bytes is read as {}", bytes->size(), into.size());
  std::ranges::copy(*bytes, into.begin());
  stage_.saw("loaded");
  return {};
}

void SpillDisk::end() {
  for (const auto& [number, work] : std::exchange(queued_, {})) work->drop();
}
}  // namespace tessera::simulation::shells
