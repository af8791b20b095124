/// @file
/// The task graphs of Task Bench as all peers run them: a pattern is a list of predecessor lists, in topological order.
/// The same as benchmarks/peers, edge by edge.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace tessera::simulation::generate {
/// Predecessors of all tasks as CSR.
struct Pattern {
  std::vector<std::uint64_t> begin{0};
  std::vector<std::uint32_t> predecessors;
  std::size_t size() const { return begin.size() - 1; }
  void end_task() { begin.push_back(predecessors.size()); }
};

inline std::uint64_t mix(std::uint64_t t, std::uint64_t p, std::uint64_t q) {
  std::uint64_t z = t * 0x9E3779B97F4A7C15ull + p * 0xBF58476D1CE4E5B9ull + q * 0x94D049BB133111EBull;
  z ^= z >> 30;
  z *= 0xBF58476D1CE4E5B9ull;
  z ^= z >> 27;
  z *= 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// `a`: tasks, leaves or width; `b`: steps of the patterns that have a width.
inline Pattern make_pattern(std::string_view name, std::uint32_t a, std::uint32_t b = 0) {
  Pattern pattern;
  if (name == "independent" || name == "chain") {
    for (std::uint32_t i = 0; i < a; ++i) {
      if (name == "chain" && i > 0) pattern.predecessors.push_back(i - 1);
      pattern.end_task();
    }
    return pattern;
  }
  if (name == "tree") {
    for (std::uint32_t i = 0; i < a; ++i) pattern.end_task();
    for (std::uint32_t low = 0, n = a; n > 1; n /= 2) {
      const std::uint32_t base = static_cast<std::uint32_t>(pattern.size());
      for (std::uint32_t i = 0; i < n / 2; ++i) {
        pattern.predecessors.push_back(low + 2 * i);
        pattern.predecessors.push_back(low + 2 * i + 1);
        pattern.end_task();
      }
      low = base;
    }
    return pattern;
  }
  const std::int64_t width = a;
  std::int64_t log_width = 1;
  while ((std::int64_t{1} << log_width) < width) ++log_width;
  for (std::int64_t p = 0; p < width; ++p) pattern.end_task();
  for (std::int64_t t = 1; t < b; ++t) {
    for (std::int64_t p = 0; p < width; ++p) {
      const auto take = [&](std::int64_t x) { pattern.predecessors.push_back(static_cast<std::uint32_t>((t - 1) * width + x)); };
      if (name == "stencil_1d") {
        for (std::int64_t x = std::max<std::int64_t>(0, p - 1); x <= std::min(width - 1, p + 1); ++x) take(x);
      } else if (name == "fft") {
        const std::int64_t d = std::int64_t{1} << ((t + log_width - 1) % log_width);
        for (const std::int64_t x : {p - d, p, p + d})
          if (x >= 0 && x < width) take(x);
      } else if (name == "random_nearest") {
        for (std::int64_t x = std::max<std::int64_t>(0, p - 2); x <= std::min(width - 1, p + 2); ++x)
          if (mix(static_cast<std::uint64_t>(t), static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(x)) & 1) take(x);
      } else {
        throw std::invalid_argument("no such pattern");
      }
      pattern.end_task();
    }
  }
  return pattern;
}
}  // namespace tessera::simulation::generate
