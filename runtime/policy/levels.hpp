/// @file
/// How far tasks are from the ends of a graph that may grow. Without transfers.
#pragma once
#include "runtime/policy/policy.hpp"

#include <span>
#include <vector>

namespace tessera::runtime::policy {
/// b-level: the longest way to an end, the task included; seconds. What comes later makes it grow.
class BottomLevels {
 public:
  /// New tasks. Appends the others whose level grew to `raised`. O(all tasks + edges of these), and what grew.
  void add(const View& view, std::span<const std::uint32_t> tasks, std::vector<std::uint32_t>& raised);
  double operator[](std::uint32_t task) const { return levels_[task]; }

 private:
  std::vector<double> levels_;
};

/// t-level: the longest way from a beginning, without the task; seconds.
class TopLevels {
 public:
  void add(const View& view, std::span<const std::uint32_t> tasks);
  double operator[](std::uint32_t task) const { return levels_[task]; }

 private:
  std::vector<double> levels_;
};
}  // namespace tessera::runtime::policy
