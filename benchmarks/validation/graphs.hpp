/// @file
/// Graphs for live runs of tasks that wait: made by rule or traced, brought to a length and an amount of data.
#pragma once
#include "simulation/engine/replay.hpp"

#include <string>
#include <vector>

namespace tessera::benchmarks {
/// What a graph is brought to.
struct Scale {
  double seconds = 1.7;                  ///< The larger of critical path and work / lanes.
  std::uint32_t lanes = 8;
  double mib = 120;                      ///< Sum of all results.
  double result_mib_max = 12;            ///< Of one.
};

/// `text` is a recipe of simulation/generate, or a workflow file. Tasks come after their inputs, have one core and one result, and what no task makes is left out: so a program can run it.
simulation::engine::Case graph_of(const std::string& text, const Scale& scale);
/// The same, as it is: tasks of `seconds` each.
simulation::engine::Case even_graph_of(const std::string& text, double seconds, double mib);
}  // namespace tessera::benchmarks
