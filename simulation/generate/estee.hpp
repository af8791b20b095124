/// @file
/// The families of graphs with which Estee compares schedulers (Beranek, Bohm, Cima: Analysis of workflow schedulers in simulated distributed environments, J. Supercomputing 78,
/// 2022): same shapes and distributions, numbers of our own generator.
#pragma once
#include "simulation/engine/replay.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace tessera::simulation::generate {
struct EsteeFamily {
  struct Setting { std::string_view name; std::uint32_t usual, most; };
  std::string_view name;
  Setting first;                         ///< What it is called, what it is unless given, and the most that it may be.
  Setting second = {};                   ///< Empty name: it has none.
  engine::Case (*make)(std::uint32_t first, std::uint32_t second, std::uint64_t seed) = nullptr;
};
std::span<const EsteeFamily> estee_families();
}  // namespace tessera::simulation::generate
