/// @file
/// Bytes that several parts share without a copy.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace tessera::runtime {
/// Read-only bytes and what keeps them alive.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;

  /// Takes over a vector, without a copy.
  static SharedBytes of(std::vector<std::byte> data) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(data));
    return {owner, {owner->data(), owner->size()}};
  }
};
}  // namespace tessera::runtime
