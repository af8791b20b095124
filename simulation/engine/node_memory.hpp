/// @file
/// What the memory and the disk of one simulated node hold. Only for `simulation/engine/run*.cpp`.
#pragma once
#include "runtime/memory/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tessera::simulation::engine {
using runtime::Bytes;
namespace memory = runtime::memory;

inline Bytes bytes(double mib) { return {static_cast<std::uint64_t>(std::llround(mib * 1048576))}; }
inline double mib(Bytes size) { return static_cast<double>(size.value) / 1048576; }

struct NodeMemory {
  enum class Here : std::uint8_t { filling, resident, spilling, spilled, loading };
  /// One object; those without a size are none.
  struct Held {
    Bytes size;
    Here here = Here::resident;
    bool on_disk = false;                ///< Its file is whole; it is never written twice.
    bool is_copy = false;                ///< Another node has it, too.
    bool is_dropped = false;             ///< To be freed as soon as nothing uses it.
    bool load_asked = false;             ///< A request of its own, not of a task, waits for memory.
    std::uint32_t locks = 0;             ///< Inputs of tasks that have all they need: it stays in memory under them.
    std::uint32_t pulls = 0;             ///< Transfers from here, and those that wait for it to come from disk.
    memory::Rank made = {};              ///< Of the task that made it here.
    bool is_in_memory() const { return here == Here::resident || here == Here::spilling; }
    bool is_used() const { return locks > 0 || pulls > 0 || (here != Here::resident && here != Here::spilled); }
  };
  /// A task whose turn has come.
  enum class Phase : std::uint8_t {
    admitting,                           ///< It waits for memory.
    loading,                             ///< It waits for inputs from disk.
    prepared,                            ///< It waits for cores.
    running,
  };
  struct Turn {
    std::uint32_t task;
    Phase phase = Phase::admitting;
    Bytes reserved;                      ///< What it asks for; from its grant on, for its outputs.
    std::uint32_t loads = 0;             ///< Inputs that come from disk.
  };
  /// Requests of tasks and of objects share one ledger; this bit tells them apart.
  static constexpr memory::RequestId object_bit = 1ull << 32;

  NodeMemory(Bytes limit, double its_disk) : ledger(limit), disk(its_disk) {}
  Held* find(std::uint32_t object) {
    const auto at = held.find(object);
    return at == held.end() ? nullptr : &at->second;
  }
  Turn* turn_of(std::uint32_t task) {
    const auto at = std::ranges::find(turns, task, &Turn::task);
    return at == turns.end() ? nullptr : &*at;
  }
  bool has(Phase phase) const { return std::ranges::any_of(turns, [&](const Turn& turn) { return turn.phase == phase; }); }
  /// Something here ends by itself.
  bool moves() const { return disk_jobs > 0 || std::ranges::any_of(turns, [](const Turn& turn) { return turn.phase != Phase::admitting; }); }

  memory::Ledger ledger;
  double disk;                           ///< MiB/s; 0: there is none.
  std::map<std::uint32_t, Held> held;    ///< By object.
  std::vector<Turn> turns;
  Bytes spilling, spilled;               ///< Being written; on disk only.
  std::uint32_t disk_jobs = 0;
  double disk_free = 0;                  ///< When it has done all that it was asked for: one thing after the other.
  Bytes written, read, peak;             ///< Altogether; the peak of those before a crash.
};
}  // namespace tessera::simulation::engine
