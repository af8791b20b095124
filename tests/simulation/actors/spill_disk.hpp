/// @file
/// What a node has for a disk: the files of `tests/simulation/fault/disk.hpp`, and threads that are moments of virtual time.
#pragma once
#include "actors/disk.hpp"
#include "tests/simulation/fault/disk.hpp"

namespace tessera::simulation::shells {
using namespace fault;

class SpillDisk final : public actors::Disk {
 public:
  SpillDisk(Stage& stage, Process& process, fault::Disk& files) : stage_(stage), process_(process), files_(files) {}
  ~SpillDisk() override { end(); }

  bool run(const runtime::ChunkId& chunk, actors::spill::IoWork& work) override;
  runtime::Result<void> write(const runtime::ChunkId& chunk, std::string_view type, const runtime::SharedBytes& payload) override;
  runtime::Result<void> read(const runtime::ChunkId& chunk, std::span<std::byte> into) override;
  void remove(const runtime::ChunkId& chunk) override { files_.remove(chunk); }
  actors::spill::SpillCounters counters() override { return {}; }
  void stop() override { end(); }

 private:
  void end();

  Stage& stage_;
  Process& process_;
  fault::Disk& files_;
  std::map<std::uint64_t, actors::spill::IoWork*> queued_;
  std::uint64_t next_ = 0;
};
}  // namespace tessera::simulation::shells
