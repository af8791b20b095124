// Node events by chance.
#include "runtime/base/rng.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::simulation::engine {
using runtime::Failure;
using runtime::Result;

namespace {
constexpr std::size_t events_max = 1'000'000;
Failure wrong(std::string why) { return Failure{runtime::ErrorCode::invalid_argument, "faults: " + std::move(why)}; }
}  // namespace

Result<std::vector<NodeEvent>> drawn_events(std::string_view text, std::span<const std::uint32_t> cpus) {
  const std::string_view what = text.substr(0, text.find(':'));
  const bool is_crash = what == "crash";
  if (!is_crash && what != "slow") return wrong(fmt::format("\"crash\" or \"slow\" was expected, and there is \"{}\"", what));
  Settings known = {{"mtbf", 0}, {"repair", 0}, {"until", 86400}, {"seed", 1}};
  if (!is_crash) known.emplace("speed", 0.5);
  const auto expected = [](std::string_view, double value) -> std::string_view { return value > 0 && value <= 1e15 ? "" : "a number above 0"; };
  auto given = settings_of(what, what.size() == text.size() ? std::string_view() : text.substr(what.size() + 1), std::move(known), expected);
  if (!given) return wrong(given.failure().message);
  Settings& its = *given;
  if (its["mtbf"] == 0) return wrong("mtbf, mean seconds between failures of a node, is missing");
  std::vector<NodeEvent> events;
  using enum NodeEvent::What;
  for (std::uint32_t node = 0; node < cpus.size(); ++node) {
    if (cpus[node] == 0) continue;
    runtime::Rng rng(static_cast<std::uint64_t>(its["seed"]) * 0x9E3779B97F4A7C15ull + node);
    for (double time = 0;;) {
      time -= its["mtbf"] * std::log((static_cast<double>(rng.next() >> 11) + 0.5) * 0x1p-53);
      if (time > its["until"]) break;
      events.push_back({time, node, is_crash ? crash : slow, is_crash ? 1 : its["speed"]});
      if (its["repair"] == 0) break;
      time += its["repair"];
      events.push_back({time, node, is_crash ? join : slow, 1});
      if (events.size() > events_max) return wrong(fmt::format("these are more than {} events: a longer mtbf or repair, or an earlier until", events_max));
    }
  }
  return merged(std::move(events), {});
}

std::vector<NodeEvent> merged(std::vector<NodeEvent> events, const std::vector<NodeEvent>& more) {
  events.insert(events.end(), more.begin(), more.end());
  std::ranges::stable_sort(events, {}, &NodeEvent::time);
  return events;
}
}  // namespace tessera::simulation::engine
