/// @file
/// The compressed frames of a spill file (`SpillCodec::lz4`): each of at most 1 MiB of payload, on its own.
#pragma once
#include "actors/spill/packing.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tessera::actors::spill {
/// The length before each frame.
inline constexpr std::size_t frame_head_bytes = 4;

/// What a frame's length says: how many bytes follow, and whether they are the payload as it is.
struct FrameHead {
  std::uint32_t bytes = 0;
  bool plain = false;
};
FrameHead read_frame_head(std::span<const std::byte, frame_head_bytes> bytes);

/// Writes `payload` as a frame into `to`, which has room for it and its length; returns the frame's size.
std::size_t pack_frame(std::span<const std::byte> payload, std::span<std::byte> to);
/// Fills `payload` from a frame's bytes; false where they are not exactly that much.
[[nodiscard]] bool unpack_frame(FrameHead head, std::span<const std::byte> bytes, std::span<std::byte> payload);

/// Compresses parts from the beginning, middle and end; without the time. `room` has 64 KiB.
Sample sample_of(std::span<const std::byte> payload, std::span<std::byte> room);
}  // namespace tessera::actors::spill
