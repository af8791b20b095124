/// @file
/// Runs a pattern on a cluster: from its lists of predecessors to the last task done, as all peers are timed.
#pragma once
#include "benchmarks/measure.hpp"
#include "client/tessera.hpp"
#include "simulation/generate/patterns.hpp"

namespace tessera::benchmarks {
using simulation::generate::make_pattern;
using simulation::generate::Pattern;

/// A task of the pattern: any number of inputs, and a number of its own, without which tasks of equal inputs would be one (K1).
using Function = std::int64_t (*)(const std::vector<std::int64_t>&, std::int64_t);

/// Seconds from the predecessor lists to the last task done. `salt` makes the keys of this run its own.
inline double run(Cluster& cluster, const Pattern& pattern, Function function, std::int64_t salt) {
  const double begin = seconds_now();
  Graph graph;
  std::vector<Deferred<std::int64_t>> tasks, inputs, finals;
  std::vector<bool> has_dependent(pattern.size());
  tasks.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    inputs.clear();
    for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) {
      inputs.push_back(tasks[pattern.predecessors[e]]);
      has_dependent[pattern.predecessors[e]] = true;
    }
    tasks.push_back(graph.add(function, inputs, salt << 32 | static_cast<std::int64_t>(i)));
  }
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (!has_dependent[i]) finals.push_back(tasks[i]);
  const auto futures = cluster.compute(std::move(graph), finals);
  cluster.wait(futures);
  return seconds_now() - begin;
}
}  // namespace tessera::benchmarks
