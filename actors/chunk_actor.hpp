/// @file
/// The actor of one chunk replica on its node: it owns the payload until the node's core says `FreeChunk`.
#pragma once
#include "actors/caf.hpp"
#include "arrays/operation.hpp"

namespace tessera::actors {
class ChunkActor final : public SlimActor {
 public:
  ChunkActor(caf::actor_config& config, arrays::Payload payload) : SlimActor(config), payload_(std::move(payload)) {}
  const char* name() const override { return "chunk"; }
  const arrays::Payload& payload() const { return payload_; }
  resume_result resume(caf::execution_unit*, std::size_t) override { return done; }

 private:
  arrays::Payload payload_;
};
}  // namespace tessera::actors
