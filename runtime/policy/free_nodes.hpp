/// @file
/// Free cores as a policy books them.
#pragma once
#include "runtime/policy/policy.hpp"

#include <utility>
#include <vector>

namespace tessera::runtime::policy {
class FreeNodes {
 public:
  /// What has changed since the last call.
  void update(const View& view) {
    const std::size_t known = free_.size();
    free_.resize(view.what().cpus.size());
    at_.resize(free_.size(), nowhere);
    for (std::size_t node = known; node < free_.size(); ++node) set(static_cast<std::uint32_t>(node), view.free_cores(static_cast<std::uint32_t>(node)));
    for (const std::uint32_t node : view.newly_free()) set(node, view.free_cores(node));
  }
  void take(std::uint32_t node, std::uint32_t cores) { set(node, free_[node] - cores); }
  std::int64_t of(std::uint32_t node) const { return free_[node]; }
  /// Nodes with free cores, in no order.
  const std::vector<std::uint32_t>& available() const { return available_; }

 private:
  void set(std::uint32_t node, std::int64_t cores) {
    free_[node] = cores;
    if (cores > 0 && at_[node] == nowhere) {
      at_[node] = static_cast<std::uint32_t>(available_.size());
      available_.push_back(node);
    } else if (cores <= 0 && at_[node] != nowhere) {
      const std::uint32_t hole = std::exchange(at_[node], nowhere);
      if (available_.back() != node) at_[available_.back()] = hole;
      available_[hole] = available_.back();
      available_.pop_back();
    }
  }

  std::vector<std::int64_t> free_;
  std::vector<std::uint32_t> available_, at_;
};
}  // namespace tessera::runtime::policy
