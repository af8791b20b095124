/// @file
/// The actor of one chunk replica on its node: it owns the payload until the node's core says `FreeChunk`, and takes it to disk and
/// back by itself, resumed on an I/O thread.
#pragma once
#include "actors/caf.hpp"
#include "actors/disk.hpp"
#include "arrays/operation.hpp"

namespace tessera::actors {
class ChunkActor final : public SlimActor {
 public:
  ChunkActor(caf::actor_config& config, arrays::Payload payload) : SlimActor(config), payload_(std::move(payload)) {}
  const char* name() const override { return "chunk"; }

  // With the node's lock held.
  const arrays::Payload& payload() const { return payload_; }
  /// What is pulled of it, also while it is on disk.
  std::uint64_t encoded_bytes() const { return file_bytes_ > 0 ? file_bytes_ : payload_.bytes().bytes.size(); }
  const std::string& type_name() const { return file_bytes_ > 0 ? type_ : payload_.type_name(); }
  bool has_file() const { return file_bytes_ > 0; }
  const runtime::ChunkId& id() const { return id_; }
  /// What the next `resume` does; nothing else may be under way.
  void order_spill(Disk& disk, const runtime::ChunkId& id);
  void order_load() { order_ = Order::load; }
  /// What it came to. A load's payload is in place after that.
  runtime::Result<void> settle();
  /// The file has it: the memory goes with the payload that is returned.
  arrays::Payload unload();
  arrays::Extent extent() const { return has_payload() ? payload_.extent() : extent_; }

  resume_result resume(caf::execution_unit*, std::size_t) override;

 private:
  enum class Order : std::uint8_t { none, spill, load };
  runtime::Result<void> spill();
  runtime::Result<void> load();

  bool has_payload() const { return payload_.type != nullptr || !payload_.encoded_type.empty(); }

  arrays::Payload payload_;
  arrays::Extent extent_;               ///< While it is on disk only.
  Order order_ = Order::none;
  Disk* disk_ = nullptr;
  runtime::ChunkId id_;
  std::string type_;
  std::uint64_t file_bytes_ = 0;        ///< Once its file is whole.
  // The I/O thread's while an order is under way.
  arrays::Payload moving_;
  std::uint64_t moving_bytes_ = 0;
  runtime::Result<void> result_;
};
}  // namespace tessera::actors
