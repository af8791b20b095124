#include "actors/chunk_actor.hpp"

#include "arrays/memory/arena.hpp"

#include <utility>

namespace tessera::actors {
using runtime::ErrorCode;
using runtime::Failure;

void ChunkActor::order_spill(Disk& disk, const runtime::ChunkId& id) {
  order_ = Order::spill;
  disk_ = &disk;
  id_ = id;
  moving_ = payload_;
}

caf::resumable::resume_result ChunkActor::resume(caf::execution_unit*, std::size_t) {
  result_ = order_ == Order::spill ? spill() : load();
  return done;
}

arrays::Payload ChunkActor::unload() {
  extent_ = payload_.extent();
  return std::exchange(payload_, {});
}

runtime::Result<void> ChunkActor::spill() {
  const arrays::Payload payload = std::exchange(moving_, {});
  const runtime::SharedBytes bytes = payload.bytes();
  moving_bytes_ = bytes.bytes.size();
  return disk_->write(id_, payload.type_name(), bytes);
}

runtime::Result<void> ChunkActor::load() {
  std::shared_ptr<std::byte> room;
  const auto allocated = spill::with_tries([&]() -> runtime::Result<void> {
    room = arrays::memory::allocate(file_bytes_);
    if (!room) return Failure{ErrorCode::out_of_memory, "the system has no memory for a chunk from disk"};
    return {};
  }, spill::sleep_for);
  if (!allocated) return allocated.failure();
  const std::span<std::byte> into{room.get(), file_bytes_};
  if (auto read = disk_->read(id_, into); !read) return read.failure();
  moving_.encoded = {room, into};
  moving_.encoded_type = type_;
  return {};
}

runtime::Result<void> ChunkActor::settle() {
  if (result_ && order_ == Order::load) payload_ = std::exchange(moving_, {});
  if (result_ && order_ == Order::spill) {
    file_bytes_ = moving_bytes_;
    type_ = payload_.type_name();
  }
  order_ = Order::none;
  return std::exchange(result_, {});
}
}  // namespace tessera::actors
