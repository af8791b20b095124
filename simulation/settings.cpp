#include "simulation/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace tessera::simulation {
namespace {
double number_of(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : std::numeric_limits<double>::quiet_NaN();
}
runtime::Failure invalid(std::string why) { return {runtime::ErrorCode::invalid_argument, std::move(why)}; }
}  // namespace

runtime::Result<Settings> settings_of(std::string_view whose, std::string_view text, Settings known, const Expected& expected) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const auto equals = one.find('=');
    const std::string_view name = one.substr(0, equals), value = equals == one.npos ? "" : one.substr(equals + 1);
    const auto at = known.find(name);
    if (at == known.end()) {
      std::vector<std::string_view> names;
      for (const auto& [its, unused] : known) names.push_back(its);
      return invalid(fmt::format("\"{}\" has no setting \"{}\"; there are {}", whose, name, fmt::join(names, ", ")));
    }
    at->second = number_of(value);
    if (const std::string_view wanted = expected(name, at->second); !wanted.empty()) return invalid(fmt::format("{}: {} was expected, and there is \"{}\"", name, wanted, value));
  }
  return known;
}
}  // namespace tessera::simulation
