/// @file
/// Free cores and resources as a policy books them.
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
    amounts_.resize(free_.size(), std::vector<std::int64_t>(view.what().resources.size()));
    for (std::size_t node = known; node < free_.size(); ++node) look_at(view, static_cast<std::uint32_t>(node));
    for (const std::uint32_t node : view.newly_free()) look_at(view, node);
  }
  void take(const Problem& what, std::uint32_t node, std::uint32_t task) {
    set(node, free_[node] - what.tasks[task].cpus);
    if (what.needs.empty()) return;
    for (std::size_t i = 0; i < amounts_[node].size(); ++i) amounts_[node][i] -= what.needs[task][i];
  }
  bool has_room(const Problem& what, std::uint32_t node, std::uint32_t task) const {
    if (free_[node] < static_cast<std::int64_t>(what.tasks[task].cpus)) return false;
    if (what.needs.empty()) return true;
    for (std::size_t i = 0; i < amounts_[node].size(); ++i)
      if (amounts_[node][i] < what.needs[task][i]) return false;
    return true;
  }
  /// Nodes with free cores, in no order.
  const std::vector<std::uint32_t>& available() const { return available_; }

 private:
  void look_at(const View& view, std::uint32_t node) {
    set(node, view.free_cores(node));
    for (std::uint32_t i = 0; i < amounts_[node].size(); ++i) amounts_[node][i] = view.free_amount(node, i);
  }
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
  std::vector<std::vector<std::int64_t>> amounts_;  ///< Free of each resource, by node.
};
}  // namespace tessera::runtime::policy
