/// @file
/// Time of this process that only goes forward.
#pragma once
#include <chrono>
#include <cstdint>

namespace tessera::actors {
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace tessera::actors
