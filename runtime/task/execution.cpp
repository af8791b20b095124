#include "runtime/task/execution.hpp"

namespace tessera::runtime::task::execution {
std::optional<Phase> next(Phase phase, Trigger trigger) {
  using enum Phase;
  constexpr std::optional<Phase> no;
  // clang-format off
  static constexpr std::optional<Phase> table[phase_count][trigger_count] = {
  // inputs_here picked     put_back granted  loaded    started  ended  withdrawn
    {queued,     no,        no,      no,      no,       no,      ended, ended},      // gathering
    {no,         admitting, no,      no,      no,       no,      ended, ended},      // queued
    {no,         no,        queued,  loading, no,       no,      ended, ended},      // admitting
    {no,         no,        no,      no,      prepared, no,      ended, ended},      // loading
    {no,         no,        no,      no,      no,       running, ended, ended},      // prepared
    {no,         no,        no,      no,      no,       no,      ended, discarded},  // running
    {no,         no,        no,      no,      no,       no,      ended, discarded},  // discarded
    {no,         no,        no,      no,      no,       no,      no,    no},         // ended
  };
  // clang-format on
  return table[static_cast<std::size_t>(phase)][static_cast<std::size_t>(trigger)];
}

std::string_view to_string(Phase phase) {
  constexpr std::string_view names[] = {"gathering", "queued", "admitting", "loading", "prepared", "running", "discarded", "ended"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Trigger trigger) {
  constexpr std::string_view names[] = {"inputs_here", "picked", "put_back", "granted", "loaded", "started", "ended", "withdrawn"};
  return names[static_cast<std::size_t>(trigger)];
}
}  // namespace tessera::runtime::task::execution
