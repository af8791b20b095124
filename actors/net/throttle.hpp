/// @file
/// One direction of a link that is made slower, for tests: when bytes have passed. Pure.
#pragma once
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cstdint>

namespace tessera::actors::net {
using runtime::Duration;
using runtime::Instant;

class Throttle {
 public:
  /// 0: no limit.
  explicit Throttle(double mib_s) : ns_a_byte_(mib_s > 0 ? 1e9 / (mib_s * 1048576) : 0) {}
  bool is_on() const { return ns_a_byte_ > 0; }
  /// When what is handed over now has left, behind all before it.
  Instant leaves(std::uint64_t bytes, Instant now) { return free_ = std::max(free_, now) + time_of(bytes); }
  /// When what the wire brings now is there. Its bytes came while they left the other side, unless others came then.
  Instant arrives(std::uint64_t bytes, Instant now) { return free_ = std::max(free_ + time_of(bytes), now); }

 private:
  Duration time_of(std::uint64_t bytes) const { return {static_cast<std::int64_t>(static_cast<double>(bytes) * ns_a_byte_)}; }

  double ns_a_byte_;
  Instant free_;
};
}  // namespace tessera::actors::net
