#include "actors/spill/packing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::actors::spill {
namespace {
constexpr unsigned sample_each = 16;

bool is_enough_less(std::uint64_t packed_ns, std::uint64_t plain_ns) { return packed_ns <= plain_ns / 4 * 3; }
std::uint64_t ns_of(std::uint64_t bytes, std::uint64_t per_second) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(std::max<std::uint64_t>(1, per_second)));
}
}  // namespace

runtime::Result<SpillCompression> compression_of(std::string_view wanted) {
  if (wanted == "none") return SpillCompression::none;
  if (wanted == "lz4") return SpillCompression::lz4;
  if (wanted == "auto") return SpillCompression::automatic;
  return runtime::Failure{runtime::ErrorCode::invalid_argument, fmt::format("\"{}\" is no compression of spilled chunks: none, lz4 or auto", wanted)};
}

void Speed::add(std::uint64_t more_bytes, std::uint64_t more_ns) {
  bytes += more_bytes - bytes / 8;
  ns += std::max<std::uint64_t>(more_ns, 1) - ns / 8;
}
std::uint64_t Speed::per_second() const {
  return ns == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(ns));
}

bool Packing::wants_sample() {
  if (disk_.ns == 0) return false;
  constexpr std::uint64_t mib = 1 << 20;
  const bool may_pay = packing_.ns == 0 || is_enough_less(ns_of(mib, packing_.per_second()), ns_of(mib, disk_.per_second()));
  if (!may_pay && ++passed_ < sample_each) return false;
  passed_ = 0;
  return true;
}

bool Packing::pays(const Sample& sample) {
  packing_.add(sample.bytes, sample.ns);
  if (disk_.ns == 0) return false;
  const std::uint64_t speed = disk_.per_second();
  return is_enough_less(sample.ns + ns_of(sample.packed_bytes, speed), ns_of(sample.bytes, speed));
}
}  // namespace tessera::actors::spill
