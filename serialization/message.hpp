/// @file
/// Bodies of control messages: a version byte, the index of the message in the closed variant, its fields (`docs/protocol.md`).
#pragma once
#include "runtime/protocol/messages.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::serialization {
/// The bytes of a message; graphs travel by value. O(size).
std::vector<std::byte> encode(const runtime::protocol::Message& message);
/// Appends them.
void encode(const runtime::protocol::Message& message, std::vector<std::byte>& to);

/// The message of those bytes, all of them. `bad_message` says what is wrong; graphs are validated. Memory is bounded by a small
/// multiple of the input.
runtime::Result<runtime::protocol::Message> decode(std::span<const std::byte> bytes);
}  // namespace tessera::serialization
