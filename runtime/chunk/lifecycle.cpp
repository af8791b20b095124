#include "runtime/chunk/lifecycle.hpp"

#include <cstddef>

namespace tessera::runtime::chunk {
std::optional<Phase> next(Phase phase, Trigger trigger) {
  using enum Phase;
  constexpr std::optional<Phase> no;
  // docs/states/chunk.md is printed from this table; tests/runtime/chunk/lifecycle_test.cpp compares.
  // clang-format off
  static constexpr std::optional<Phase> table[phase_count][trigger_count] = {
  // filled    fill_failed spill     spill_done spill_failed spill_undone load     load_done load_failed release
    {resident, gone,       no,       no,        no,          no,          no,      no,       no,         gone},  // filling
    {no,       no,         spilling, no,        no,          no,          no,      no,       no,         gone},  // resident
    {no,       no,         no,       spilled,   resident,    resident,    no,      no,       no,         gone},  // spilling
    {no,       no,         no,       no,        no,          no,          loading, no,       no,         gone},  // spilled
    {no,       no,         no,       no,        no,          no,          no,      resident, gone,       gone},  // loading
    {no,       no,         no,       no,        no,          no,          no,      no,       no,         no},    // gone
  };
  // clang-format on
  return table[static_cast<std::size_t>(phase)][static_cast<std::size_t>(trigger)];
}

std::string_view to_string(Phase phase) {
  constexpr std::string_view names[] = {"filling", "resident", "spilling", "spilled", "loading", "gone"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Trigger trigger) {
  constexpr std::string_view names[] = {"filled",       "fill_failed", "spill",     "spill_done",  "spill_failed",
                                        "spill_undone", "load",        "load_done", "load_failed", "release"};
  return names[static_cast<std::size_t>(trigger)];
}
}  // namespace tessera::runtime::chunk
