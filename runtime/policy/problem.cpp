#include "runtime/policy/problem.hpp"

#include <algorithm>

namespace tessera::runtime::policy {
bool Problem::fits(std::uint32_t task, std::uint32_t node) const {
  if (tasks[task].cpus > cpus[node]) return false;
  if (needs.empty()) return true;
  for (std::size_t i = 0; i < resources.size(); ++i)
    if (needs[task][i] > amounts[node][i]) return false;
  return true;
}

std::uint32_t Problem::kind(const std::string& its) {
  const auto at = std::ranges::find(kinds, its);
  if (at != kinds.end()) return static_cast<std::uint32_t>(at - kinds.begin());
  kinds.push_back(its);
  return static_cast<std::uint32_t>(kinds.size() - 1);
}
}  // namespace tessera::runtime::policy
