// What nodes answer, and what their loss does.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

void Core::step(NodeId from, const protocol::Reports& event, Instant now, Effects& out) {
  out_ = &out;
  for (const protocol::Report& one : event.reports) {
    Node* node = find_node(from);
    if (node == nullptr) return;  // A lost epoch never comes back.
    std::visit([&](const auto& it) { report(*node, it); }, one);
  }
  finish_step(now, out);
}

bool Core::is_stale(const Node& node, TaskId task, Attempt attempt) {
  const bool current = task.value < records_.size() && records_[task.value].live &&
                       records_[task.value].phase == Phase::assigned && records_[task.value].node == node.id &&
                       records_[task.value].attempt == attempt;
  if (!current) ++sums_.stale;
  return !current;
}

void Core::attempt_ended(Node& node, Record& record) {
  const Duration expected = record.forward ? Duration{} : operations_[operation(record)].expected;
  node.queued = std::max(Duration{}, node.queued - expected);
  --(record.missing == 0 ? node.ready : node.ahead);
}

void Core::report(Node& node, const protocol::Finished& report) {
  if (is_stale(node, report.task, report.attempt)) return;
  Record& record = records_[report.task.value];
  attempt_ended(node, record);
  ++sums_.executions;
  if (!record.forward) {
    Operation& operation = operations_[this->operation(record)];
    const Duration before = operation.expected;
    operation.expected = operation.known ? Duration{(before.ns * 7 + report.took.ns) / 8} : report.took;
    operation.known = true;
    // What is queued was booked at the old estimate: book it anew.
    const std::int64_t open = node.ready + node.ahead;
    node.queued = std::max(Duration{}, node.queued + Duration{(operation.expected.ns - before.ns) * open});
  }
  move(record, Trigger::finished);
  record.node = no_node;
  record.holder = node.id;
  record.size = report.size;
  record.keep = false;
  // A result that comes before all inputs are known to exist settles what it was counted for.
  leave_active(report.task.value);
  came_to_exist(report.task.value);
  if (record.wants > 0) tell(report.task.value, &report.value);
  if (record.wants == 0 && record.needed == 0) settle_.push_back(report.task.value);
}

void Core::report(Node& node, const protocol::Errored& report) {
  if (is_stale(node, report.task, report.attempt)) return;
  Record& record = records_[report.task.value];
  attempt_ended(node, record);
  record.node = no_node;
  ++sums_.executions;
  ++record.failures;
  if (record.failures <= options(record).retries) {
    move(record, Trigger::retry);
    unplaced(report.task.value);
    if (record.missing == 0) {
      move(record, Trigger::inputs_ready);
      enqueue(report.task.value);
    } else if (record.unplaced == 0) {
      enqueue_ahead(report.task.value);
    }
    return;
  }
  protocol::Blame why = report.blame;
  why.key = record.key;
  why.attempts = record.failures;
  why.node = node.name;
  move(record, Trigger::retry);
  fail(report.task.value, std::make_shared<const protocol::Blame>(std::move(why)));
}

void Core::report(Node& node, const protocol::Delegated& report) {
  if (is_stale(node, report.task, report.attempt)) return;
  attempt_ended(node, records_[report.task.value]);
  records_[report.task.value].node = no_node;
  ++sums_.executions;
  delegate(report.task.value, report);
}

void Core::report(Node& node, const protocol::InputsMissing& report) {
  if (is_stale(node, report.task, report.attempt)) return;
  const std::uint32_t task = report.task.value;
  attempt_ended(node, records_[task]);
  records_[task].node = no_node;
  move(records_[task], Trigger::retry);
  unplaced(task);
  for (const auto& [key, holder] : report.inputs) {
    const std::uint32_t input = index_.find(key);
    if (input == index_.none || !records_[input].exists()) continue;
    lose_holder(input, holder);
    if (records_[input].exists()) continue;
    ceased_to_exist(input);
    if (records_[input].data)
      fail(input, blame(ErrorCode::data_lost, records_[input], "no node has a copy of this data any more"));
    else
      revive(input);
  }
  Record& record = records_[task];
  if (record.phase != Phase::waiting) return;
  if (record.missing == 0) {
    move(record, Trigger::inputs_ready);
    enqueue(task);
  } else if (record.unplaced == 0) {
    enqueue_ahead(task);
  }
}

void Core::report(Node& node, const protocol::Copied& report) {
  const std::uint32_t task = index_.find(report.key);
  if (task == index_.none || !records_[task].exists() ||
      (records_[task].wants == 0 && records_[task].needed == 0 && !records_[task].data)) {
    node.drop.push_back(report.key);
    return;
  }
  if (records_[task].holder == node.id) return;
  std::vector<NodeId>& others = replicas_[task];
  if (std::find(others.begin(), others.end(), node.id) == others.end()) others.push_back(node.id);
}

void Core::lose_holder(std::uint32_t task, NodeId node) {
  Record& record = records_[task];
  const auto others = replicas_.find(task);
  if (others != replicas_.end()) std::erase(others->second, node);
  if (record.holder == node) {
    record.holder = no_node;
    if (others != replicas_.end() && !others->second.empty()) {
      record.holder = others->second.front();
      others->second.erase(others->second.begin());
    }
  }
  if (others != replicas_.end() && others->second.empty()) replicas_.erase(others);
  if (record.holder == no_node) return;
  for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next) {
    const Record& dependent = records_[edges_[at].owner];
    if (dependent.phase != Phase::assigned) continue;
    if (Node* waiting = find_node(dependent.node)) waiting->redirect.push_back({record.key, record.holder, record.size});
  }
}

void Core::node_died_under(std::uint32_t task, const std::string& node) {
  Record& record = records_[task];
  record.node = no_node;
  move(record, Trigger::retry);
  unplaced(task);
  if (options(record).effects == graph::Effects::once) {
    fail(task, blame(ErrorCode::outcome_unknown, record,
                     fmt::format("node \"{}\" died while it may have run; it has effects and is not run again", node)));
  } else if (++record.deaths > config_.deaths_max) {
    fail(task, blame(ErrorCode::nodes_lost, record,
                     fmt::format("{} nodes died under this task, the last was \"{}\": it may be what kills them",
                                 int{record.deaths}, node)));
  } else if (record.missing == 0) {
    move(record, Trigger::inputs_ready);
    enqueue(task);
  } else if (record.unplaced == 0) {
    enqueue_ahead(task);
  }
}
}  // namespace tessera::runtime::coordinator
