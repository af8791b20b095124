#include "tests/simulation/fault/chaos.hpp"

#include "runtime/base/rng.hpp"
#include "runtime/policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::simulation::fault {
using namespace runtime;

namespace {
constexpr std::string_view names[] = {"kill",      "pause",         "partition", "reset",  "corrupt_frames", "slow_frames", "bad_files",
                                      "full_disk", "slow_disk",     "failing_tasks", "client", "coordinator",    "drain",       "never_heals"};
}  // namespace

std::string_view to_string(Fault fault) { return names[static_cast<std::size_t>(fault)]; }

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> all = [] {
    std::vector<Fault> some;
    for (std::uint32_t i = 0; i < std::size(names); ++i) some.push_back(static_cast<Fault>(i));
    return some;
  }();
  return all;
}

Chaos Chaos::of(std::uint64_t seed) {
  Chaos chaos;
  chaos.seed = seed;
  Rng rng(seed);
  const auto chance = [&](std::uint64_t percent) { return rng.below(100) < percent; };
  chaos.nodes = static_cast<std::uint32_t>(1 + rng.below(4));
  chaos.lanes = static_cast<std::uint32_t>(1 + rng.below(3));
  chaos.programs = chance(25) ? 2 : 1;
  const std::vector<std::string> policies = policy::names();
  chaos.policy = rng.below(2) == 0 ? "locality" : policies[seed % policies.size()];
  chaos.latency = microseconds(static_cast<std::int64_t>(20 + rng.below(chance(30) ? 20'000 : 500)));
  chaos.jitter = {static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(4 * chaos.latency.ns)))};
  chaos.largest = mib(1 + rng.below(3));
  chaos.is_tight = chance(40);
  // What the largest task needs at once: four inputs, its output and scratch; and what a peer's pull may hold beside it.
  chaos.limit = chaos.is_tight ? Bytes{chaos.largest.value * (12 + rng.below(12)) / 2} : gib(1);
  chaos.spills = !chaos.is_tight || chance(85);
  chaos.is_declared = chance(60);
  chaos.small_percent = static_cast<std::uint32_t>(rng.below(3) * 40);
  chaos.cheap_percent = chance(50) ? 60 : 0;
  chaos.graphs = static_cast<std::uint32_t>(1 + rng.below(5));
  chaos.tasks = static_cast<std::uint32_t>(5 + rng.below(46));
  chaos.delegates = chance(30), chaos.effects = chance(25), chaos.resources = chance(25);
  chaos.cancels = chance(35), chaos.scatters = chance(40), chaos.shares = chance(60);
  const bool is_quiet = chance(10);
  const auto arm = [&](Fault fault, std::uint64_t percent) {
    if (chance(percent) && !is_quiet) chaos.faults |= 1u << static_cast<std::uint32_t>(fault);
  };
  arm(Fault::kill, 50), arm(Fault::pause, 25), arm(Fault::partition, 30), arm(Fault::reset, 40), arm(Fault::corrupt_frames, 15);
  arm(Fault::slow_frames, 25), arm(Fault::bad_files, 30), arm(Fault::full_disk, 20), arm(Fault::slow_disk, 25);
  arm(Fault::failing_tasks, 40), arm(Fault::client, 8), arm(Fault::coordinator, 3), arm(Fault::drain, 10), arm(Fault::never_heals, 5);
  chaos.events = static_cast<std::uint32_t>(1 + rng.below(8));
  return chaos;
}

std::string Chaos::describe() const {
  std::string armed;
  for (const Fault fault : all_faults())
    if (has(fault)) armed += fmt::format("{}{}", armed.empty() ? "" : ", ", to_string(fault));
  return fmt::format("{} nodes of {} lanes, {} programs, {}, latency {} us, memory {}{}{}, up to {} graphs of {} tasks{}{}{}{}{}; faults: {}", nodes, lanes, programs,
                     policy, latency.ns / 1000, to_string(limit), spills ? "" : " without a disk", is_declared ? " declared" : "", graphs, tasks,
                     delegates ? ", delegating" : "", effects ? ", with effects" : "", resources ? ", resources" : "", cancels ? ", cancels" : "",
                     scatters ? ", scatters" : "", armed.empty() ? "none" : armed);
}
}  // namespace tessera::simulation::fault
