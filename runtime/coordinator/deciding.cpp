#include "runtime/coordinator/deciding.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

namespace {
/// Numbers that compare as falling priorities do.
std::uint64_t falling(double priority) {
  const auto bits = std::bit_cast<std::uint64_t>(priority == 0 ? 0.0 : priority);
  return bits >> 63 != 0 ? bits : ~(bits | std::uint64_t{1} << 63);
}
}  // namespace

// 28 bits of the priority's fraction are enough, the rest is the task's place in the order of its graph.
std::uint64_t Core::Deciding::take_rank(std::uint32_t task, double priority, std::uint64_t rank) {
  constexpr std::uint64_t order = (std::uint64_t{1} << 24) - 1;
  std::uint64_t& its = given_[task].rank;
  ranks_.erase(its);
  for (its = (falling(priority) & ~order) | (rank & order); !ranks_.insert(its).second;) ++its;
  return its;
}

void Core::Deciding::reserve(std::size_t tasks) {
  if (tasks <= given_.size()) return;
  given_.resize(tasks), what_.tasks.resize(tasks);
  for (std::uint32_t i = static_cast<std::uint32_t>(what_.objects.size()); i < tasks; ++i) what_.objects.push_back({0, i});
}

void Core::Deciding::known(const Core& core, std::uint32_t task) {
  const Record& record = core.records_[task];
  reserve(core.records_.size());
  given_[task].is_known = true, given_[task].is_overruled = core.called_for_.contains(task);
  policy::Task& its = what_.tasks[task];
  core_ = &core;
  its.duration = duration(task);
  its.outputs = {task};
  its.inputs.clear();
  for (const Edge& edge : core.inputs(record)) {
    its.inputs.push_back(edge.producer);
    what_.objects[edge.producer].size = mebibytes(core.records_[edge.producer].size);
  }
  newly_known_.push_back(task);
}

void Core::Deciding::ready(std::uint32_t task) {
  newly_ready_.push_back(task);
  if (given_[task].node == policy::nowhere) undecided_.insert(task);
}

void Core::Deciding::ended(std::uint32_t task) {
  if (task >= given_.size() || !std::exchange(given_[task].is_known, false)) return;
  take_back(task);
  ranks_.erase(given_[task].rank);
  if (given_[task].is_told) newly_ended_.push_back(task);
  given_[task] = {};
  undecided_.erase(task);
}

void Core::Deciding::forget(std::uint32_t task) {
  if (task >= given_.size()) return;
  what_.tasks[task] = {};
  what_.objects[task] = {0, task};
}

void Core::Deciding::node_changed(const Core& core, std::uint32_t node) {
  what_.cpus.resize(core.nodes_.size());
  promised_.resize(core.nodes_.size());
  const Node& its = core.nodes_[node];
  what_.cpus[node] = its.live && !its.draining ? its.lanes : 0;
  newly_free_.push_back(node);
}

void Core::Deciding::give(std::uint32_t task, std::uint32_t node) {
  reserve(task + 1);
  if (given_[task].node == node) return;
  if (given_[task].node != policy::nowhere) --promised_[given_[task].node], newly_free_.push_back(given_[task].node);
  given_[task].node = node;
  ++promised_[node];
  undecided_.erase(task);
}

void Core::Deciding::take_back(std::uint32_t task) {
  if (task >= given_.size() || given_[task].node == policy::nowhere) return;
  const std::uint32_t node = std::exchange(given_[task].node, policy::nowhere);
  --promised_[node];
  newly_free_.push_back(node);
  if (given_[task].is_told) newly_lost_.push_back(task);
  given_[task].is_overruled = true;
}

std::vector<std::uint32_t> Core::Deciding::tasks_of(std::uint32_t node) const {
  std::vector<std::uint32_t> tasks;
  for (std::uint32_t task = 0; task < given_.size(); ++task)
    if (given_[task].node == node) tasks.push_back(task);
  return tasks;
}

std::vector<policy::Assignment> Core::Deciding::ask(const Core& core, Instant now, policy::NonsenseCounts& nonsense) {
  std::vector<policy::Assignment> out;
  if (newly_known_.empty() && newly_ready_.empty() && newly_ended_.empty() && newly_free_.empty()) return out;
  if (std::ranges::none_of(what_.cpus, [](std::uint32_t cores) { return cores > 0; })) return out;
  // What came and went in the same step is not told of; nor twice what came twice.
  const auto tidy = [](std::vector<std::uint32_t>& list, auto&& is_out) {
    std::erase_if(list, is_out);
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  tidy(newly_known_, [&](std::uint32_t task) { return !given_[task].is_known; });
  tidy(newly_ready_, [&](std::uint32_t task) { return !given_[task].is_known || core.records_[task].phase != Phase::ready; });
  tidy(newly_lost_, [&](std::uint32_t task) { return !given_[task].is_known || given_[task].node != policy::nowhere; });
  tidy(newly_ended_, [](std::uint32_t) { return false; });
  tidy(newly_free_, [](std::uint32_t) { return false; });
  for (const std::uint32_t task : newly_known_) given_[task].is_told = true;
  core_ = &core;
  now_ = now;
  if (!failure_) {
    failure_ = policy::ask(*policy_, *this, out);
    if (failure_) nonsense.add(policy::Nonsense::threw);
  }
  newly_known_.clear(), newly_ready_.clear(), newly_lost_.clear(), newly_ended_.clear(), newly_free_.clear();
  nonsense.add(policy::Nonsense::no_priority, std::erase_if(out, [](const policy::Assignment& one) { return std::isnan(one.priority); }));
  std::ranges::stable_sort(out, std::greater{}, &policy::Assignment::priority);
  return out;
}

std::span<const policy::Location> Core::Deciding::places(std::uint32_t object) const {
  places_.clear();
  const auto add = [&](NodeId id, bool is_here) {
    for (std::uint32_t i = 0; i < core_->nodes_.size(); ++i)
      if (core_->nodes_[i].id == id && core_->nodes_[i].live && std::ranges::find(places_, i, &policy::Location::node) == places_.end()) places_.push_back({i, is_here});
  };
  const Record& record = core_->records_[object];
  if (record.exists()) add(record.holder, true);
  if (const auto others = core_->replicas_.find(object); others != core_->replicas_.end())
    for (const NodeId id : others->second) add(id, true);
  for (std::uint32_t at = record.first_dependent; at != nil; at = core_->edges_[at].next)
    if (const Record& user = core_->records_[core_->edges_[at].owner]; user.phase == Phase::assigned) add(user.node, false);
  std::ranges::sort(places_, {}, &policy::Location::node);
  return places_;
}

double Core::Deciding::duration(std::uint32_t task) const {
  const Record& record = core_->records_[task];
  if (!record.live || record.forward || record.data) return 0;
  return static_cast<double>(core_->operations_[core_->operation(record)].expected().ns) / 1e9;
}

bool Core::Deciding::is_movable(std::uint32_t task) const { return given_[task].node != policy::nowhere && core_->records_[task].phase != Phase::assigned; }

void Core::Deciding::check(const Core& core) const {
  std::vector<std::int64_t> promised(promised_.size());
  for (std::uint32_t task = 0; task < given_.size(); ++task) {
    const Record& record = core.records_[task];
    if (given_[task].node != policy::nowhere) ++promised[given_[task].node];
    if (!record.live || record.forward) continue;
    TESSERA_ASSERT(record.phase != Phase::assigned || core.nodes_[given_[task].node].id == record.node, "what is assigned was given to its node");
    TESSERA_ASSERT(given_[task].node == policy::nowhere || record.active(), "only what is still to be done has a node");
  }
  TESSERA_ASSERT(promised == promised_, "tasks are counted right by node");
}

/// As the policy has it, as far as that is possible still.
void Core::apply(const policy::Assignment& one) {
  using enum policy::Nonsense;
  policy::NonsenseCounts& nonsense = sums_.nonsense;
  if (one.task >= records_.size() || !records_[one.task].live || records_[one.task].forward) return nonsense.add(unknown_task);
  if (one.node >= nodes_.size()) return nonsense.add(unknown_node);
  Record& record = records_[one.task];
  if (record.data) return nonsense.add(data);
  if (record.phase != Phase::waiting && record.phase != Phase::ready) return;
  if (deciding_->is_overruled(one.task)) return;  // Only of what is to be done: of scattered data the view may have no place.
  if (!is_eligible(nodes_[one.node], record)) {
    if (deciding_->what().cpus[one.node] == 0) nonsense.add(closed_node);
    deciding_->overrule(one.task);
    if (record.phase == Phase::ready) enqueue(one.task);
    return;
  }
  deciding_->give(one.task, one.node);
  record.rank = deciding_->take_rank(one.task, one.priority, record.rank);
  if (record.phase == Phase::ready || (record.unplaced == 0 && record.missing > 0)) due_.push_back(one.task);
}

void Core::decide(Instant now) {
  for (const policy::Assignment& one : deciding_->ask(*this, now, sums_.nonsense)) apply(one);
  for (std::size_t i = 0; i < due_.size(); ++i) {  // Whoever gets its place may be what the next waits for.
    const std::uint32_t task = due_[i], at = deciding_->node_of(task);
    const Record& record = records_[task];
    if (!record.live || at == policy::nowhere) continue;
    const bool ahead = record.phase == Phase::waiting;
    if (!is_assignable(task, record.rank, ahead)) continue;
    const QueueEntry entry = entry_of(task);
    if (!is_eligible(nodes_[at], record)) {
      deciding_->take_back(task);
      enqueue(task);
    } else if (has_room(nodes_[at], ahead, entry.priority)) {
      assign(task, at);
    } else if (!ahead) {
      nodes_[at].backlog.push(entry);
    }
  }
  due_.clear();
  // A policy that leaves tasks lying while nothing can run is overruled: a job comes to its end. What waits at a node for inputs that were lost may take the cores for which
  // it waits.
  if (deciding_->undecided().empty()) return;
  for (const Node& node : nodes_)
    if (!deciding_->failure() && node.live && (!node.backlog.empty() || std::ranges::any_of(node.open, [](const Open& open) { return open.ready > 0; }))) return;
  const std::set<std::uint32_t> left = deciding_->undecided();
  for (const std::uint32_t task : left) {
    deciding_->overrule(task);
    if (records_[task].phase == Phase::ready) enqueue(task);
  }
}

const std::optional<std::string>& Core::policy_failure() const {
  static const std::optional<std::string> none;
  return deciding_ ? deciding_->failure() : none;
}

/// What was planned for a node that takes no more is placed by the coordinator; suspects, too: perhaps no other node can run them (O8).
void Core::node_changed(std::uint32_t node) {
  if (deciding_) deciding_->node_changed(*this, node);
  if (nodes_[node].live && !nodes_[node].draining) return;
  for (ReadyQueue* queue : {&nodes_[node].backlog, &suspects_})
    for (const QueueEntry& entry : queue->take_all()) ready_.push(entry);
  if (!deciding_) return;
  for (const std::uint32_t task : deciding_->tasks_of(node)) {
    if (records_[task].phase == Phase::assigned) continue;
    deciding_->take_back(task);
    if (records_[task].phase == Phase::ready) enqueue(task);
  }
}
}  // namespace tessera::runtime::coordinator
