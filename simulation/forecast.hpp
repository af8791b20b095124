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

/// The largest peak of some runs in which tasks take between a quarter and four times of what is assumed: how long they really take is
/// not known, and where memory is not filled its peak depends on it.
Bytes uneven_peak(const Workload& workload, Machines machines);

/// By bisection, to a 64th or 1 MiB: about ten runs for each.
Limits smallest_limits(const Workload& workload, const Machines& machines);
}  // namespace tessera::simulation
