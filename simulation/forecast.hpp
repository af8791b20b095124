/// @file
/// Will it fit? One run in virtual time, and the smallest limits under which there is one.
#pragma once
#include "simulation/world.hpp"

#include <optional>

namespace tessera::simulation {
struct Limits {
  std::optional<Bytes> in_memory;   ///< Smallest limit of each node without spilling; empty where none is enough.
  std::optional<Bytes> with_disk;   ///< With spilling.
};

/// How long tasks and messages really take is not known, and where memory is not filled its peak depends on it.
struct Peaks {
  Bytes expected;     ///< The largest of runs in which tasks take what is assumed, or between a quarter and four times of it.
  Bytes least, most;  ///< Of those, and of runs in which tasks are far more uneven, or messages late as on a machine that others use too.
};
/// `even` is the peak of the run in which all takes what is assumed. Six runs more.
Peaks peaks_of(const Workload& workload, const Machines& machines, Bytes even);

/// By bisection, to a 64th or 1 MiB: about ten runs for each.
Limits smallest_limits(const Workload& workload, const Machines& machines);
}  // namespace tessera::simulation
