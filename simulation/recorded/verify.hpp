/// @file
/// Does a coordinator's core decide again as it did live?
#pragma once
#include "runtime/coordinator/recording.hpp"

#include <cstdint>
#include <string>

namespace tessera::simulation::recorded {
struct Verdict {
  std::uint64_t steps = 0, decisions = 0;  ///< That were the same.
  std::string difference;                  ///< The first one, in words; empty: there is none.
};
/// Gives the recorded events to a fresh core, and compares what it decides, step by step.
Verdict verify(const runtime::coordinator::JobRecording& job);
}  // namespace tessera::simulation::recorded
