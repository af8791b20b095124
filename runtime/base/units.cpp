#include "runtime/base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace tessera::runtime {
std::string to_string(Bytes bytes) {
  static constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double amount = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < names.size()) amount /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes.value) : fmt::format("{:.1f} {}", amount, names[unit]);
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 11> units{{
      {"", 1}, {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40},
      {"kB", 1'000}, {"KB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}}};
  double amount = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || !(amount >= 0)) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    const double bytes = amount * static_cast<double>(factor);
    if (bytes >= 18e18) return std::nullopt;
    return Bytes{static_cast<std::uint64_t>(bytes)};
  }
  return std::nullopt;
}
}  // namespace tessera::runtime
