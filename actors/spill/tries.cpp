#include "actors/spill/tries.hpp"

#include <cerrno>
#include <chrono>
#include <thread>

namespace tessera::actors::spill {
using runtime::ErrorCode;

void sleep_for(runtime::Duration time) {
  if (time.ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(time.ns));
}

bool may_pass(int error) {
  constexpr int passing[] = {EIO, EAGAIN, EBUSY, ENOBUFS, ENOMEM, EMFILE, ENFILE, ETIMEDOUT};
  for (const int one : passing)
    if (error == one) return true;
  return false;
}

std::optional<runtime::Duration> next_try(const runtime::Failure& failure, int failures) {
  if (failure.code == ErrorCode::data_lost && failures == 1) return runtime::Duration{};
  const bool passes = failure.code == ErrorCode::io_failed || failure.code == ErrorCode::out_of_memory;
  if (!passes || failures > 3) return std::nullopt;
  return runtime::milliseconds(std::int64_t{10} << 2 * (failures - 1));
}
}  // namespace tessera::actors::spill
