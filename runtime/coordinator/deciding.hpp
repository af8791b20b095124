/// @file
/// The view that a policy has of one job, and what it has decided. docs/simulation.md says when the coordinator overrules it.
#pragma once
#include "runtime/coordinator/core.hpp"
#include "runtime/policy/policy.hpp"

#include <set>

namespace tessera::runtime::coordinator {
/// Tasks have the indices of their records, and each makes the object of its own index. Nodes have the coordinator's indices; those without lanes, draining or lost ones have
/// no cores.
class Core::Deciding final : public policy::View {
 public:
  explicit Deciding(std::unique_ptr<policy::Policy> policy) : policy_(std::move(policy)) {}

  /// The task has become active.
  void known(const Core& core, std::uint32_t task);
  void ready(std::uint32_t task);
  /// It has a result of that size, or is no longer wanted.
  void ended(std::uint32_t task);
  void made(std::uint32_t task, Bytes size) { what_.objects[task].size = mebibytes(size); }
  void forget(std::uint32_t task);
  void node_changed(const Core& core, std::uint32_t node);

  /// Of the task; `policy::nowhere`: it has none.
  std::uint32_t node_of(std::uint32_t task) const { return task < given_.size() ? given_[task].node : policy::nowhere; }
  void give(std::uint32_t task, std::uint32_t node);
  /// Lower for higher priorities; of equal ones lower for a lower `rank`, the task's own. No two tasks have the same: nodes give memory by rank, one after the other.
  std::uint64_t take_rank(std::uint32_t task, double priority, std::uint64_t rank);
  /// It has its node no more; from now on the coordinator places it.
  void take_back(std::uint32_t task);
  void overrule(std::uint32_t task) { given_[task].is_overruled = true, undecided_.erase(task); }
  bool is_overruled(std::uint32_t task) const { return given_[task].is_overruled; }
  /// Ready tasks without a node.
  const std::set<std::uint32_t>& undecided() const { return undecided_; }
  /// Those that were given to the node.
  std::vector<std::uint32_t> tasks_of(std::uint32_t node) const;

  /// What the policy decides now; nothing if there is no news for it. By falling priority; what has none is counted.
  std::vector<policy::Assignment> ask(const Core& core, Instant now, policy::NonsenseCounts& nonsense);
  /// What the policy threw; it is not asked again.
  const std::optional<std::string>& failure() const { return failure_; }
  void check(const Core& core) const;

  const policy::Problem& what() const override { return what_; }
  double now() const override { return static_cast<double>(now_.ns) / 1e9; }
  bool is_known(std::uint32_t task) const override { return given_[task].is_known; }
  std::span<const std::uint32_t> newly_known() const override { return newly_known_; }
  std::span<const std::uint32_t> newly_ready() const override { return newly_ready_; }
  std::span<const std::uint32_t> newly_lost() const override { return newly_lost_; }
  std::span<const std::uint32_t> newly_ended() const override { return newly_ended_; }
  std::span<const std::uint32_t> newly_free() const override { return newly_free_; }
  std::int64_t free_cores(std::uint32_t node) const override { return std::int64_t{what_.cpus[node]} - promised_[node]; }
  std::span<const policy::Location> places(std::uint32_t object) const override;
  /// Learnt of its operation by now.
  double duration(std::uint32_t task) const override;
  bool has_node(std::uint32_t task) const override { return given_[task].node != policy::nowhere; }
  bool is_movable(std::uint32_t task) const override;

 private:
  static double mebibytes(Bytes size) { return static_cast<double>(size.value) / 1048576; }
  void reserve(std::size_t tasks);

  struct Given {
    std::uint32_t node = policy::nowhere;
    bool is_overruled = false;
    bool is_known = false;
    bool is_told = false;                ///< The policy knows of it.
    std::uint64_t rank = 0;              ///< Of `ranks_`; 0: none.
  };
  std::unique_ptr<policy::Policy> policy_;
  std::optional<std::string> failure_;
  const Core* core_ = nullptr;           ///< Whose step this is.
  Instant now_;
  policy::Problem what_;
  std::vector<Given> given_;             ///< By task.
  std::vector<std::int64_t> promised_;   ///< Tasks, each of one core, by node.
  std::set<std::uint64_t> ranks_;        ///< That are taken.
  std::set<std::uint32_t> undecided_;
  std::vector<std::uint32_t> newly_known_, newly_ready_, newly_lost_, newly_ended_, newly_free_;
  mutable std::vector<policy::Location> places_;  ///< Of the object that was asked for last.
};
}  // namespace tessera::runtime::coordinator
