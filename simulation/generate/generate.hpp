/// @file
/// Graphs made by rule, as cases for the engine: the patterns of Task Bench, random layers, and Estee's families. Same text, same case.
#pragma once
#include "simulation/engine/replay.hpp"

#include <string>
#include <string_view>

namespace tessera::simulation::generate {
/// "stencil_1d:width=64,steps=200". Without nodes and network. Families:
///     independent, chain        tasks=1000
///     tree                      width=1024 (leaves, a power of two; two of a level feed one of the next)
///     stencil_1d, fft, random_nearest   width=64, steps=100 (Slaughter et al., Task Bench, SC 2020)
///     layered                   width=20, steps=50, degree=3: each task of a layer needs up to so many of the layer before, drawn
/// and of these: duration=1 (seconds), size=1 (MiB that a task hands to all that need it), spread=0.5 (both are drawn from (1 - spread, 1 + spread) times these). Of Estee, with what tasks take as there:
///     plain1n, plain1e, plain1cpus, triplets (cpus=4, too), merge_neighbours, merge_triplets, merge_small_big, fork1, fork2, bigmerge, duration_stairs, size_stairs, grid, fern
///                               count=N
///     splitters, conflux        depth=7
///     gridcat, mapreduce count=N; crossv, fastcrossv inner=8; crossvx inner=4, outer=4; nestedcrossv parameters=5; montage, cybershake, epigenomics width=N; ligo width=20, second=10; sipht copies=2
///     random                    steps=20: what each step adds is drawn: tasks, levels, edges, the whole once more
/// All have seed=1.
/// `invalid_argument`: names the families, or the settings of the family. At most ten million tasks.
runtime::Result<engine::Case> generate(std::string_view text);
/// Of the families, ", " between them.
std::string family_names();
}  // namespace tessera::simulation::generate
