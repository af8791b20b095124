/// @file
/// What the fuzz targets have in common. libFuzzer calls `LLVMFuzzerTestOneInput` with inputs of its own making.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace tessera::fuzz {
/// Aborts, so that libFuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}
inline std::span<const std::byte> bytes(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}
inline std::vector<std::byte> copy(const std::uint8_t* data, std::size_t size) {
  const auto all = bytes(data, size);
  return {all.begin(), all.end()};
}
}  // namespace tessera::fuzz
