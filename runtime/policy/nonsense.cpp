#include "runtime/policy/nonsense.hpp"

#include <fmt/format.h>

namespace tessera::runtime::policy {
std::string NonsenseCounts::text() const {
  std::string all;
  each([&](std::string_view, std::string_view words, std::uint64_t times) {
    all += fmt::format("{}{}{}", all.empty() ? "" : ", ", words, times > 1 ? fmt::format(" ({} times)", times) : "");
  });
  return all;
}
}  // namespace tessera::runtime::policy
