/// @file
/// What no scheduler can beat.
#pragma once
#include "simulation/engine/replay.hpp"

namespace tessera::simulation::experiment {
struct Bound {
  double critical_path = 0;              ///< The longest way through the graph, without transfers; seconds.
  double work = 0;                       ///< Cores x seconds of all tasks / cores of all nodes.
  double seconds() const { return critical_path > work ? critical_path : work; }
};
/// Of a graph without cycles; O(tasks + inputs).
Bound bound_of(const engine::Case& what);
}  // namespace tessera::simulation::experiment
