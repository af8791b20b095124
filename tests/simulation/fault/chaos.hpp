/// @file
/// What a seed draws before anything runs: how large the cluster is, what the program does, which faults there are.
#pragma once
#include "runtime/base/units.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::fault {
/// Kinds of faults, each of which can be left out.
enum class Fault : std::uint32_t {
  kill, pause, partition, reset, corrupt_frames, slow_frames, bad_files, full_disk, slow_disk, failing_tasks, client, coordinator, drain, never_heals
};
std::string_view to_string(Fault fault);
const std::vector<Fault>& all_faults();

struct Chaos {
  std::uint64_t seed = 1;
  // The cluster.
  std::uint32_t nodes = 2, lanes = 2, programs = 1;
  std::string policy = "locality";
  runtime::Duration latency, jitter;
  std::uint64_t bandwidth = 100'000'000;  ///< Bytes a second of each pair.
  runtime::Bytes limit, largest;          ///< Of a node's memory; of a result.
  bool is_tight = false;                  ///< Little memory.
  bool spills = true;
  bool is_declared = true;                ///< Operations say what they need.
  std::uint32_t small_percent = 50;       ///< Results that travel inside messages.
  std::uint32_t cheap_percent = 0;        ///< Tasks that take less time than the disk.
  // The programs.
  std::uint32_t graphs = 3, tasks = 30;
  bool delegates = false, effects = false, resources = false, cancels = false, scatters = false, shares = false;
  // The faults.
  std::uint32_t faults = 0;               ///< Bits of `Fault`.
  std::uint32_t events = 6;               ///< Kills, pauses, partitions and resets.
  bool has(Fault fault) const { return (faults >> static_cast<std::uint32_t>(fault) & 1) != 0; }
  std::size_t story_lines = 60;

  /// All of it follows from the seed.
  static Chaos of(std::uint64_t seed);
  std::string describe() const;
};
}  // namespace tessera::simulation::fault
