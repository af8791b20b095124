#include "runtime/task/lifecycle.hpp"

#include <cstddef>

namespace tessera::runtime::task {
std::optional<Phase> next(Phase phase, Trigger trigger) {
  using enum Phase;
  constexpr std::optional<Phase> no;
  // docs/states/task.md is printed from this table; tests/runtime/task/lifecycle_test.cpp compares.
  // clang-format off
  static constexpr std::optional<Phase> table[phase_count][trigger_count] = {
  // inputs_ready input_lost placed    finished delegated retry    give_up output_lost input_failed cancel     reset
    {ready,       waiting,   assigned, no,      no,       no,      failed, no,         failed,      cancelled, no},       // waiting
    {no,          waiting,   assigned, no,      no,       no,      failed, no,         failed,      cancelled, no},       // ready
    {assigned,    waiting,   no,       done,    waiting,  waiting, failed, no,         failed,      cancelled, no},       // assigned
    {no,          done,      no,       no,      no,       no,      failed, waiting,    done,        cancelled, no},       // done
    {no,          failed,    no,       no,      no,       no,      no,     no,         failed,      failed,    waiting},  // failed
    {no,          cancelled, no,       no,      no,       no,      no,     no,         cancelled,   cancelled, waiting},  // cancelled
  };
  // clang-format on
  return table[static_cast<std::size_t>(phase)][static_cast<std::size_t>(trigger)];
}

std::string_view to_string(Phase phase) {
  constexpr std::string_view names[] = {"waiting", "ready", "assigned", "done", "failed", "cancelled"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Trigger trigger) {
  constexpr std::string_view names[] = {"inputs_ready", "input_lost",  "placed",       "finished", "delegated", "retry",
                                        "give_up",      "output_lost", "input_failed", "cancel",   "reset"};
  return names[static_cast<std::size_t>(trigger)];
}
}  // namespace tessera::runtime::task
