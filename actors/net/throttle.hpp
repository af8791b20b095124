/// @file
/// One direction of a link that is made slower, for tests: when bytes have passed. Streams that pass at once have equal shares, as on a wire that takes their packets in turn. Pure.
#pragma once
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

namespace tessera::actors::net {
using runtime::Duration;
using runtime::Instant;

class Throttle {
 public:
  /// 0: no limit.
  explicit Throttle(double mib_s) : ns_a_byte_(mib_s > 0 ? 1e9 / (mib_s * 1048576) : 0) {}
  bool is_on() const { return ns_a_byte_ > 0; }
  /// When what is handed over now has left, behind all before it of the same stream.
  Instant leaves(std::uint64_t stream, std::uint64_t bytes, Instant now) {
    forget_before(now);
    Instant& free = free_.try_emplace(stream, now).first->second;
    return free = std::max(free, now) + time_of(bytes * free_.size());
  }
  /// When what the wire brings now is there. Its bytes came while they left the other side, unless others came then.
  Instant arrives(std::uint64_t stream, std::uint64_t bytes, Instant now) {
    const Duration alone = time_of(bytes);
    forget_before({now.ns - 2 * alone.ns});
    Instant& free = free_.try_emplace(stream, Instant{now.ns - alone.ns}).first->second;
    return free = std::max(free + time_of(bytes * free_.size()), now);
  }

 private:
  Duration time_of(std::uint64_t bytes) const { return {static_cast<std::int64_t>(static_cast<double>(bytes) * ns_a_byte_)}; }
  /// Streams of which nothing was under way since.
  void forget_before(Instant time) {
    std::erase_if(free_, [&](const auto& one) { return one.second < time; });
  }

  double ns_a_byte_;
  std::map<std::uint64_t, Instant> free_;  ///< Of each stream: when its last bytes pass.
};
}  // namespace tessera::actors::net
