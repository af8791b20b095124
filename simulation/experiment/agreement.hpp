/// @file
/// Do simulated runs put policies in the order in which live runs put them?
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tessera::simulation::experiment {
/// A policy on one graph.
struct Contender {
  std::string name;
  std::vector<double> live;              ///< Makespans of at least two runs.
  double simulated = 0;
};
struct Agreement {
  double noise = 0;                      ///< Standard deviation of one live run, pooled over the contenders.
  std::uint64_t pairs = 0;               ///< That count: their live means differ by more than twice the noise.
  std::uint64_t same = 0;                ///< Of these: the simulated ones differ in the same direction.
  std::vector<std::pair<std::string, std::string>> inverted;  ///< In the other: the first was the faster one live. Where both are equal, it is neither.
};
Agreement agreement_of(std::span<const Contender> contenders);
/// Kendall's tau over the pairs that count: (same - inverted) / pairs. 1 where none counts.
double tau(std::uint64_t same, std::uint64_t inverted, std::uint64_t pairs);
}  // namespace tessera::simulation::experiment
