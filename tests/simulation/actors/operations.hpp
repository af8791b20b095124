/// @file
/// The operations that programs submit, as functions of the runtime: bytes that come of the oracle's values, and say whether they are whole.
#pragma once
#include "arrays/operation.hpp"
#include "tests/simulation/actors/machine.hpp"

namespace tessera::simulation::shells {
arrays::Payload payload_of(std::uint64_t value, Bytes size);
/// A violation where a byte of it is another than `payload_of` made.
std::uint64_t value_of(const arrays::Payload& payload);

/// Registers the operations; while it lives, they compute in that world.
class Performance {
 public:
  explicit Performance(World& world);
  ~Performance();
  Performance(const Performance&) = delete;
};
}  // namespace tessera::simulation::shells
