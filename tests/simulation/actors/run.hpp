/// @file
/// One seed of the actors: the live shells of coordinator, nodes and programs in virtual time, with the faults and checks of `tests/simulation/fault`.
#pragma once
#include "tests/simulation/fault/seeds.hpp"

namespace tessera::simulation::shells {
/// What `fault::Chaos` draws, with blocks of a sixteenth: here they are bytes.
fault::Chaos draw(std::uint64_t seed);
fault::Result run(const fault::Chaos& chaos, bool tells = false, bool prints = false);

inline constexpr fault::Suite suite{"build/release/tests/simulation/actors/actor_seeds", "Runs the runtime's actors in a simulated cluster with faults, seed by seed.",
                                    "simulation.actors", 400, draw, run};
}  // namespace tessera::simulation::shells
