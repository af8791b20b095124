/// @file
/// What every peer runs: the patterns of the empty task, and METG on stencil_1d. A peer gives one function,
/// `run(pattern, work)`: from the predecessor lists to all tasks done, in seconds.
#pragma once
#include "benchmarks/grain.hpp"
#include "simulation/generate/patterns.hpp"

namespace tessera::benchmarks {
using simulation::generate::make_pattern;
using simulation::generate::Pattern;

template <class Run>
void measure_peer(const std::string& peer, Run&& run) {
  struct Case { const char* pattern; std::uint32_t a, b; };
  constexpr Case cases[] = {{"independent", 10'000, 0},    {"independent", 100'000, 0}, {"independent", 1'000'000, 0},
                            {"chain", 10'000, 0},          {"tree", 1 << 14, 0},        {"stencil_1d", 64, 200},
                            {"fft", 64, 200},              {"random_nearest", 64, 200}};
  for (const Case& one : cases) {
    const Pattern pattern = make_pattern(one.pattern, one.a, one.b);
    std::vector<double> all;
    run(pattern, 0);  // Warm.
    for (int i = 0; i < 7; ++i) all.push_back(run(pattern, 0) / static_cast<double>(pattern.size()) * 1e6);
    report("peers." + peer + "." + one.pattern, "us/task", all,
           Parameters().add("tasks", pattern.size()).add("edges", pattern.predecessors.size()).add("threads", cores));
  }
  const Pattern pattern = make_pattern("stencil_1d", 64, 200);
  report("peers." + peer + ".metg.stencil_1d", measure_grain(pattern.size(), [&](long iterations) { return run(pattern, iterations); }),
         Parameters().add("width", 64).add("steps", 200).add("threads", cores));
}

/// What a task does.
inline void do_work(long iterations) {
  if (iterations == 0) return;
  volatile double sink = tessera_kernel(iterations);
  static_cast<void>(sink);
}
}  // namespace tessera::benchmarks
