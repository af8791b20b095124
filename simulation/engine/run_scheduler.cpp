// What the scheduler is told, and what it answers.
#include "simulation/engine/run.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tessera::simulation::engine {
using runtime::Result;

/// The scheduler is called as soon as it may be, at `now` or later.
void Run::call(double now) {
  if (policy_ != nullptr) {
    // What happens while it is at work calls it again.
    if (call_at_ == never) call_at_ = std::exchange(is_called_, true) ? std::max(now, answered_ + setting_.interval) : now;
    return;
  }
  if (now + instant < answered_) return;  // It is at work, and who recorded its decisions did not call it again.
  answered_ = (std::exchange(is_called_, true) ? std::max(now, answered_ + setting_.interval) : now) + setting_.scheduling_time;
}

/// The policy, if it is time.
Result<void> Run::ask() {
  if (call_at_ > now_ + instant) return {};
  call_at_ = never;
  if (has_events_) std::erase_if(newly_ready_, [&](std::uint32_t task) { return tasks_[task].unmade > 0; });
  std::ranges::sort(newly_ready_);
  if (has_events_) newly_ready_.erase(std::ranges::unique(newly_ready_).begin(), newly_ready_.end());
  std::ranges::sort(newly_known_);
  Decision decision;
  const double began = setting_.clock ? setting_.clock() : 0;
  if (const auto thrown = runtime::policy::ask(*policy_, *this, decision.assignments)) return invalid(fmt::format("the policy threw at {} s: {}", now_, *thrown));
  const double measured = setting_.clock ? (setting_.clock() - began) * setting_.clock_factor : 0;
  decision.time = answered_ = now_ + setting_.scheduling_time + measured + setting_.overheads.scheduler_message * static_cast<double>(messages_) +
                              setting_.overheads.scheduler_task * static_cast<double>(decision.assignments.size());
  messages_ = 0;
  newly_ready_.clear();
  newly_free_.clear();
  newly_known_.clear();
  newly_ended_.clear();
  newly_lost_.clear();
  if (!decision.assignments.empty()) decisions_.push_back(std::move(decision));
  return {};
}

void Run::tell_ready(std::uint32_t task) {
  if (std::exchange(tasks_[task].is_told, true) && tasks_[task].state != State::unassigned) return;
  newly_ready_.push_back(task);
}

double Run::duration(std::uint32_t task) const {
  if (!setting_.learns) return known_.tasks[task].duration;
  if (tasks_[task].state == State::done) return outcome_.tasks[task].end - outcome_.tasks[task].start;
  return static_cast<double>(durations_[case_.tasks[task].kind].expected()) / 1e9;
}

double Run::size(std::uint32_t object) const {
  if (!setting_.learns) return known_.objects[object].size;
  if (objects_[object].exists) return case_.objects[object].size;
  return static_cast<double>(sizes_[case_.tasks[case_.objects[object].producer].kind].expected()) / 1048576;
}

void Run::learn(std::uint32_t task) {
  const std::uint32_t kind = case_.tasks[task].kind;
  durations_[kind].take(static_cast<std::int64_t>((now_ - outcome_.tasks[task].start) * 1e9));
  for (const std::uint32_t object : case_.tasks[task].outputs) sizes_[kind].take(static_cast<std::int64_t>(case_.objects[object].size * 1048576));
}

Result<void> Run::check(const Assignment& one, double time) const {
  if (one.task >= tasks_.size()) return invalid(fmt::format("the decision at {} s names task {}, and there are {}", time, one.task, tasks_.size()));
  if (one.node >= nodes_.size()) return invalid(fmt::format("the decision at {} s names node {}, and there are {}", time, one.node, nodes_.size()));
  const Task& task = case_.tasks[one.task];
  if (task.cpus > case_.cpus[one.node])
    return invalid(fmt::format("task {} (\"{}\") needs {} cores, and node {} has {}", one.task, task.name, task.cpus, one.node, case_.cpus[one.node]));
  if (!case_.fits(one.task, one.node)) return invalid(fmt::format("task {} (\"{}\") needs resources that node {} does not have", one.task, task.name, one.node));
  if (auto fits = check_memory(one.task, one.node); !fits) return fits;
  if (!is_known(one.task)) return invalid(fmt::format("the decision at {} s names task {} (\"{}\"), of which nobody knows yet", time, one.task, task.name));
  return {};
}

Result<void> Run::apply(const Decision& decision) {
  std::vector<Assignment> batch = decision.assignments;
  for (const Assignment& one : batch)  // Nothing can be put in order by it.
    if (std::isnan(one.priority)) return invalid(fmt::format("the decision at {} s gives task {} a priority that is no number", decision.time, one.task));
  std::ranges::stable_sort(batch, std::greater{}, &Assignment::priority);
  for (const Assignment& one : batch) {
    if (auto checked = check(one, decision.time); !checked) return checked;
    TaskState& task = tasks_[one.task];
    if (task.state == State::running || task.state == State::done) {  // Too late: it stays where it is.
      if (policy_ != nullptr) newly_free_.push_back(one.node);
      continue;
    }
    if (!takes_tasks(one.node)) {
      if (auto refused = refuse(one); !refused) return refused;
      continue;
    }
    if (task.state != State::unassigned && task.node == one.node) {
      reorder(one);
      continue;
    }
    if (task.state != State::unassigned) take_back(one.task);
    promise(one);
  }
  return {};
}

/// It has that node already, and keeps its place and its downloads there.
void Run::reorder(const Assignment& one) {
  if (has_memory(one.node))
    if (const auto* turn = memory_[one.node]->turn_of(one.task); turn != nullptr && turn->phase == NodeMemory::Phase::admitting) put_back(one.node, one.task);
  tasks_[one.task].priority = one.priority, tasks_[one.task].blocking = one.blocking;
  mark(one.node);
}

/// Its node is gone, or leaves. The policy is told.
Result<void> Run::refuse(const Assignment& one) {
  if (policy_ == nullptr) return {};
  // Each task may be refused once by each of many calls that were under way; a policy that insists would go on for ever.
  ++outcome_.not_taken;
  if (++refused_ > 2 * tasks_.size() + 10)
    return invalid(fmt::format("at {} s the policy goes on giving tasks to node {}, which is lost or leaves: last task {} (\"{}\")", now_, one.node, one.task,
                               case_.tasks[one.task].name));
  newly_free_.push_back(one.node);
  if (tasks_[one.task].state == State::unassigned) newly_lost_.push_back(one.task);
  if (tasks_[one.task].state == State::unassigned && tasks_[one.task].unmade == 0) newly_ready_.push_back(one.task);
  call(now_);
  return {};
}

/// The task has that node now. The node may hear of it later.
void Run::promise(const Assignment& one) {
  TaskState& task = tasks_[one.task];
  NodeState& node = nodes_[one.node];
  outcome_.tasks[one.task].assigned = now_;
  task.node = one.node, task.priority = one.priority, task.blocking = one.blocking;
  node.promised += case_.tasks[one.task].cpus;
  if (!case_.needs.empty())
    for (std::size_t i = 0; i < node.promised_amounts.size(); ++i) node.promised_amounts[i] += case_.needs[one.task][i];
  const Overheads& overheads = setting_.overheads;
  if (overheads.message == 0 && overheads.node_message == 0) return assign(one.task);
  task.state = State::sent;
  task.order = order_++;
  node.handled = std::max(node.handled, now_ + overheads.message) + overheads.node_message;
  deliveries_.push_back({node.handled, task.order, one});
  std::ranges::push_heap(deliveries_, [](const Delivery& a, const Delivery& b) { return a.time != b.time ? a.time > b.time : a.order > b.order; });
}

/// What the task was promised there.
void Run::give_back(std::uint32_t task, std::uint32_t which) {
  NodeState& node = nodes_[which];
  node.promised -= case_.tasks[task].cpus;
  if (!case_.needs.empty())
    for (std::size_t i = 0; i < node.promised_amounts.size(); ++i) node.promised_amounts[i] -= case_.needs[task][i];
  if (policy_ != nullptr) newly_free_.push_back(which);
}

void Run::take_back(std::uint32_t which) {
  TaskState& task = tasks_[which];
  NodeState& node = nodes_[task.node];
  std::erase(node.ready, which);
  if (has_memory(task.node) && memory_[task.node]->turn_of(which) != nullptr) leave_turn(task.node, which);
  const std::uint32_t from = std::exchange(task.node, nobody);
  give_back(which, from);
  task.state = State::unassigned;
  for (const std::uint32_t input : case_.tasks[which].inputs)
    if (std::ranges::none_of(objects_[input].users, [&](std::uint32_t user) { return tasks_[user].node == from && tasks_[user].state == State::assigned; }))
      if (node.wanted.contains(input)) {
        unwant(from, input);
        objects_[input].places.erase(objects_[input].at(from));
      }
  mark(from);
}
}  // namespace tessera::simulation::engine
