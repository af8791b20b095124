#include "runtime/policy/dividing.hpp"

#include <algorithm>
#include <utility>

namespace tessera::runtime::policy {
namespace {
using graph::external_bit;
using graph::Index;
constexpr std::int64_t one = 1 << 20;    ///< What an input counts that one task uses.
constexpr std::uint32_t nobody_yet = 0xFFFFFFFFu;
constexpr std::uint32_t depth_max = 1023;  ///< What lies deeper counts as equally deep: there are counts of each depth and node.

class Division {
 public:
  Division(const Submission& submission, std::vector<std::uint32_t>& homes) : what_(submission), homes_(homes) {
    for (std::uint32_t node = 0; node < what_.lanes.size(); ++node) {
      if (what_.lanes[node] == 0) continue;
      if (node < what_.start) ++start_;
      nodes_.push_back(node);
      all_lanes_ += what_.lanes[node];
    }
    if (start_ == nodes_.size()) start_ = 0;
  }

  void run() {
    const auto count = static_cast<Index>(what_.graph.tasks.size());
    std::vector<Index> order(count);
    std::vector<bool> is_here(count);
    for (Index task = 0; task < count; ++task) order[what_.ranks.empty() ? task : what_.ranks[task]] = task, is_here[task] = homes_[task] == undivided;
    look(is_here);
    near_.assign(what_.lanes.size(), {});
    loads_.assign(tasks_.size() * what_.lanes.size(), 0);
    cursors_.assign(tasks_.size(), start_);
    for (const Index task : order)
      if (is_here[task]) homes_[task] = home_of(task);
  }

 private:
  /// What of a task's inputs is on a node.
  struct Near {
    std::int64_t alone = 0, shared = 0;
    bool is_touched = false;
  };

  std::uint32_t place_of(Index input) const { return input & external_bit ? what_.externals[input & ~external_bit] : homes_[input]; }
  std::uint32_t& users_of(Index input) { return input & external_bit ? external_users_[input & ~external_bit] : users_[input]; }

  /// How deep each task is, how many are as deep, and how many use each input.
  void look(const std::vector<bool>& is_here) {
    const auto count = static_cast<Index>(what_.graph.tasks.size());
    depth_.assign(count, 0), users_.assign(count, 0), external_users_.assign(what_.externals.size(), 0);
    std::vector<Index> met(count, nobody_yet), external_met(what_.externals.size(), nobody_yet);
    for (Index task = 0; task < count; ++task) {
      if (!is_here[task]) continue;
      for (const Index input : what_.graph.inputs_of(task)) {
        Index& last = input & external_bit ? external_met[input & ~external_bit] : met[input];
        if (last != task) ++users_of(input);
        last = task;
        const std::uint32_t above = !(input & external_bit) && is_here[input] ? depth_[input] : 0;
        depth_[task] = std::max(depth_[task], std::min(above + 1, depth_max));
      }
      if (tasks_.size() <= depth_[task]) tasks_.resize(depth_[task] + 1);
      ++tasks_[depth_[task]];
    }
  }

  std::int64_t& load(std::uint32_t depth, std::uint32_t node) { return loads_[depth * what_.lanes.size() + node]; }
  /// By how much of its part a node has more than that, in parts of `one`; the node's part is `tasks * lanes / all lanes`.
  std::int64_t beyond_part(std::uint32_t depth, std::uint32_t node) {
    const std::int64_t part = tasks_[depth] * what_.lanes[node];
    return std::max<std::int64_t>(0, ((load(depth, node) + 1) * all_lanes_ - part) * one / part);
  }
  /// The first node that has not its part yet.
  std::uint32_t next_free(std::uint32_t depth) {
    const auto is_full = [&](std::uint32_t node) { return load(depth, node) * all_lanes_ >= tasks_[depth] * what_.lanes[node]; };
    for (std::size_t i = 0; i < nodes_.size() && is_full(nodes_[cursors_[depth]]); ++i) cursors_[depth] = (cursors_[depth] + 1) % nodes_.size();
    return nodes_[cursors_[depth]];
  }

  std::uint32_t home_of(Index task) {
    touched_.clear();
    bool is_alone = false;
    for (const Index input : what_.graph.inputs_of(task)) {
      const std::uint32_t node = place_of(input);
      if (node >= what_.lanes.size() || what_.lanes[node] == 0) continue;
      if (!std::exchange(near_[node].is_touched, true)) touched_.push_back(node);
      const std::uint32_t users = std::max(1u, users_of(input));
      (users == 1 ? near_[node].alone : near_[node].shared) += one / users;
      is_alone |= users == 1;
    }
    const std::uint32_t depth = depth_[task];
    std::uint32_t best = is_alone ? touched_.front() : next_free(depth);
    const auto score = [&](std::uint32_t node) {
      return std::pair{near_[node].alone, near_[node].shared - (is_alone ? 0 : beyond_part(depth, node))};
    };
    for (const std::uint32_t node : touched_)
      if (score(node) > score(best)) best = node;
    for (const std::uint32_t node : touched_) near_[node] = {};
    ++load(depth, best);
    return best;
  }

  const Submission& what_;
  std::vector<std::uint32_t>& homes_;
  std::vector<std::uint32_t> nodes_;     ///< Those with lanes.
  std::int64_t all_lanes_ = 0;
  std::size_t start_ = 0;                ///< Of `nodes_`.
  std::vector<std::uint32_t> depth_, users_, external_users_;
  std::vector<std::int64_t> tasks_;      ///< By depth.
  std::vector<std::int64_t> loads_;      ///< By depth and node.
  std::vector<std::size_t> cursors_;     ///< By depth: of `nodes_`.
  std::vector<Near> near_;               ///< By node, of the task in question.
  std::vector<std::uint32_t> touched_;   ///< Nodes in `near_`.
};
}  // namespace

void divide(const Submission& submission, std::vector<std::uint32_t>& homes) { Division(submission, homes).run(); }

std::uint32_t count_without_data(const graph::Graph& graph, std::span<const std::uint32_t> homes) {
  std::uint32_t count = 0;
  for (Index task = 0; task < graph.tasks.size(); ++task) count += homes[task] == undivided && graph.inputs_of(task).empty();
  return count;
}
}  // namespace tessera::runtime::policy
