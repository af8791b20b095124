#include "runtime/policy/placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace tessera::runtime::policy {
namespace {
constexpr std::array<std::string_view, 3> all_names{"locality", "random", "round_robin"};
}  // namespace

Place find(std::string_view name) {
  if (name == "locality") return locality;
  if (name == "random") return random;
  if (name == "round_robin") return round_robin;
  return nullptr;
}

std::span<const std::string_view> names() { return all_names; }

Result<void> check(std::string_view name) {
  if (find(name) != nullptr) return {};
  return Failure{ErrorCode::invalid_argument, fmt::format("no policy \"{}\"; there are: {}", name, fmt::join(all_names, ", "))};
}
}  // namespace tessera::runtime::policy
