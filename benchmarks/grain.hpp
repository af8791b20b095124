/// @file
/// METG(50 %) as Task Bench defines it (Slaughter et al., SC20): the smallest grain, elapsed * cores / tasks, at which half of the
/// machine's peak is still reached; found by halving the work of a task and interpolated at the crossing.
#pragma once
#include "benchmarks/kernel.h"
#include "benchmarks/measure.hpp"

namespace tessera::benchmarks {
inline constexpr int cores = 2;

/// Iterations a second on all cores, by no runtime at all: the best of 60 short bursts on one core, times the cores.
inline double peak_rate() {
  double best = 0;
  volatile double sink = 0;
  for (int i = 0; i < 60; ++i) {
    constexpr long iterations = 1'000'000;
    const double begin = seconds_now();
    sink = sink + tessera_kernel(iterations);
    best = std::max(best, static_cast<double>(iterations) / (seconds_now() - begin));
  }
  return best * cores;
}

struct Grain {
  double value = -1, min = -1, max = -1;  ///< Microseconds, of the medians, the fastest and the slowest repeats.
  std::size_t repeats = 0;                ///< The fewest of a point.
};

/// `run(iterations)` gives the seconds that all `tasks` take with so much work each.
template <class Run>
Grain measure_grain(std::size_t tasks, Run&& run) {
  const double peak = peak_rate();
  struct Row { double ideal, value, min, max; };
  std::vector<Row> rows;
  Grain grain;
  grain.repeats = 11;
  for (long iterations = 1 << 17; iterations >= 1; iterations /= 2) {
    const double ideal = static_cast<double>(tasks) * static_cast<double>(iterations) / peak;
    if (ideal > 0.6) continue;
    std::vector<double> all;
    const double limit = seconds_now() + 1.5;
    for (int i = 0; i < 11 && (i < 5 || seconds_now() < limit); ++i) all.push_back(run(iterations));
    rows.push_back({ideal, median(all), quantile(all, 0), quantile(all, 1)});
    grain.repeats = std::min(grain.repeats, all.size());
    if (ideal / rows.back().min < 0.12) break;
  }
  // Looked for from the fine end, so that one disturbed coarse point does not count.
  const auto crossing = [&](double Row::*elapsed) {
    for (std::size_t i = rows.size() - 1; i > 0; --i) {
      const Row &coarse = rows[i - 1], &fine = rows[i];
      const double above = coarse.ideal / coarse.*elapsed, below = fine.ideal / fine.*elapsed;
      if (above < 0.5 || below >= 0.5) continue;
      const double share = (above - 0.5) / (above - below);
      return (coarse.*elapsed + share * (fine.*elapsed - coarse.*elapsed)) * cores / static_cast<double>(tasks) * 1e6;
    }
    return -1.0;
  };
  grain.value = crossing(&Row::value);
  grain.min = crossing(&Row::min);
  grain.max = crossing(&Row::max);
  return grain;
}

inline void report(std::string_view name, const Grain& grain, const Parameters& parameters) {
  report_line(name, "us", grain.value, grain.min, grain.max, grain.repeats, parameters);
}
}  // namespace tessera::benchmarks
