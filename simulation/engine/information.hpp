/// @file
/// How much of durations and sizes a policy knows.
#pragma once
#include "simulation/engine/replay.hpp"

#include <string_view>

namespace tessera::simulation::engine {
enum class Information : std::uint8_t {
  exact,
  user,                                  ///< What is expected of each.
  mean,                                  ///< One average of all tasks, and one of all objects.
  blind,                                 ///< Nothing: each takes a second, and a MiB.
  noisy,                                 ///< Each is off by a factor of its own, drawn from a log-normal distribution whose median is 1.
  learned,                               ///< What the live coordinator would expect after what has ended so far: nothing at the beginning. Needs `Setting::learns`.
};
struct Knowledge {
  Information mode = Information::exact;
  double sigma = 0;                      ///< Of the logarithm of noisy factors.
};

/// "exact", "user", "mean", "blind", "learned", or "noisy:0.5", sigma; `invalid_argument` names them.
runtime::Result<Knowledge> knowledge_of(std::string_view text);

/// The case as it looks with that; `seed` is of the noise.
Case known(Case what, const Knowledge& knowledge, std::uint64_t seed);
Case known(Case what, Information information);

/// What `Information::learned` knows at the beginning.
constexpr double unknown_duration = 0.001, unknown_size = 1;
}  // namespace tessera::simulation::engine
