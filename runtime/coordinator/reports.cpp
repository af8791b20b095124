// What nodes answer, and what their loss does.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/coordinator/deciding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

void Core::step(NodeId from, const protocol::Reports& event, Instant now, Effects& out) {
  out_ = &out;
  for (const protocol::Report& one : event.reports) {
    Node* node = find_node(from);
    if (node == nullptr) {  // A lost epoch never comes back.
      sums_.stale += event.reports.size();
      return;
    }
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
  if (record.deaths > 0) node.tries_suspect = false, ++suspect_places_;
  if (deciding_) deciding_->take_back(static_cast<std::uint32_t>(&record - records_.data()));
  if (!record.forward) book(node, operation(record), -1);
  Open& open = open_at(node, record);
  --(record.missing == 0 ? open.ready : open.ahead);
  if (open.ready + open.ahead == 0) node.open.erase(node.open.begin() + (&open - node.open.data()));
}

/// Those of the operation count what is expected of it now: another node may have reported since the last time.
void Core::book(Node& node, std::uint32_t operation, std::int32_t more) {
  if (node.booked.size() <= operation) node.booked.resize(operations_.size());
  Booked& its = node.booked[operation];
  const Duration expected = operations_[operation].expected();
  node.queued = node.queued + Duration{(expected.ns - its.each.ns) * its.count + expected.ns * more};
  its.count += static_cast<std::uint32_t>(more), its.each = expected;
}

void Core::report(Node& node, const protocol::Finished& report) {
  if (is_stale(node, report.task, report.attempt)) return;
  Record& record = records_[report.task.value];
  attempt_ended(node, record);
  ++sums_.executions;
  if (!record.forward) {
    operations_[operation(record)].took.take(report.took.ns);
    book(node, operation(record), 0);
  }
  move(record, Trigger::finished);
  record.node = no_node;
  record.holder = node.id;
  record.size = report.size;
  record.keep = record.restored = false;
  record.deaths = 0;
  // A result that comes before all inputs are known to exist settles what it was counted for.
  leave_active(report.task.value);
  if (deciding_) deciding_->made(report.task.value, report.size);
  for (const Edge& edge : inputs(record)) records_[edge.producer].in_vain = records_[edge.producer].restores = 0;
  if (!called_for_.empty())
    for (const Edge& edge : inputs(record)) called_for_.erase(edge.producer);
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
    settle_.push_back(report.task.value);
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
  settle_.push_back(task);
  for (const auto& [key, holder] : report.inputs) {
    const std::uint32_t input = index_.find(key);
    if (input == index_.none || !records_[input].exists()) continue;
    Record& its = records_[input];
    const bool may_be_there = holder != node.id && holds(holder, input);  // Perhaps it was only not reached.
    if (may_be_there && is_irreplaceable(its) && its.restores < config_.evictions_in_vain_max) {
      ++its.restores;  // Nothing that only it has is given up for that, and the attempt is made again.
      continue;
    }
    if (may_be_there && !is_irreplaceable(its)) {
      Called& called = called_for_[input];
      called.by = node.id;
      if (called.times++ == config_.evictions_in_vain_max) {
        called_for_.erase(input);
        return fail(task, blame(ErrorCode::no_eligible_node, records_[task],
                                fmt::format("node \"{}\" again and again did not get its input {} from node \"{}\", and cannot make it itself: is there a way between them?",
                                            node.name, to_string(key), name_of(holder))));
      }
    }
    lacks(holder, input);
    if (its.exists()) continue;
    if (is_irreplaceable(its)) lost_for_good(input, name_of(holder));
    else revive(input);
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
      (records_[task].wants == 0 && records_[task].needed == 0 && !is_irreplaceable(records_[task]))) {
    node.drop.push_back(report.key);
    return;
  }
  if (records_[task].holder == node.id) return;
  std::vector<NodeId>& others = replicas_[task];
  if (std::find(others.begin(), others.end(), node.id) == others.end()) others.push_back(node.id);
}

void Core::report(Node& node, const protocol::Evicted& report) {
  const std::uint32_t task = index_.find(report.key);
  if (task == index_.none || !holds(node.id, task)) return;  // Dropped or lost meanwhile.
  Record& record = records_[task];
  lose_holder(task, node.id);
  if (record.exists()) return;
  ++sums_.evictions;
  ceased_to_exist(task);
  if (is_irreplaceable(record)) return lost_for_good(task, node.name);
  if (!is_made_at_will(record)) {
    // The last copy, its first holder being lost: as if that had been the only one.
    if (record.wants > 0 || record.needed > 0) revive(task);
    return;
  }
  constexpr std::uint8_t most = std::numeric_limits<std::uint8_t>::max();
  if (record.evictions < most) ++record.evictions;
  if (record.in_vain < most) ++record.in_vain;
  set_evicted(record, true);
  if (record.wants > 0) tell(task);
  std::uint32_t first = nil;
  for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next) {
    const std::uint32_t owner = edges_[at].owner;
    if (lacks_only_evicted(owner) && (first == nil || records_[owner].rank < records_[first].rank)) first = owner;
  }
  if (first != nil) restore_inputs(first);
  else settle_.push_back(task);
}

void Core::lacks(NodeId holder, std::uint32_t task) {
  lose_holder(task, holder);
  // It may have been made there just after it was asked for: nobody would ever drop it.
  if (Node* its = find_node(holder)) its->drop.push_back(records_[task].key);
  if (!records_[task].exists()) ceased_to_exist(task);
}

bool Core::holds(NodeId node, std::uint32_t task) const {
  if (!records_[task].exists()) return false;
  const auto others = replicas_.find(task);
  return records_[task].holder == node || (others != replicas_.end() && std::ranges::find(others->second, node) != others->second.end());
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
      if (record.wants > 0) tell(task);  // Whoever wants the value would go on asking the holder that it knows.
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

std::string Core::name_of(NodeId id) const {
  const auto at = std::ranges::find(nodes_, id, &Node::id);
  return at == nodes_.end() ? std::to_string(id.value) : at->name;
}

bool Core::has_effects(const Record& record) const {
  // What delegated has had its effects; to forward the result again has none.
  return record.segment != nil && !record.forward && options(record).effects == graph::Effects::once;
}

/// Its operation may run again whenever that is of use.
bool Core::is_made_at_will(const Record& record) const {
  return record.segment != nil && !record.forward && !record.data && options(record).effects == graph::Effects::pure;
}

protocol::Eviction Core::eviction(const Record& record) const {
  if (!is_made_at_will(record) || record.in_vain >= config_.evictions_in_vain_max) return protocol::Eviction::never;
  if (record.evictions < config_.evictions_max) return protocol::Eviction::if_cheaper;
  return record.edge_count == 0 ? protocol::Eviction::if_stuck : protocol::Eviction::never;
}

void Core::lost_for_good(std::uint32_t task, const std::string& where) {
  const Record& record = records_[task];
  fail(task, blame(ErrorCode::data_lost, record,
                   fmt::format("the only copy was on node \"{}\", which has it no more, and it cannot be computed again: {}",
                               where, record.data ? "scatter it again"
                                                  : "its operation has effects; declare it idempotent if it may be repeated")));
}

void Core::node_died_under(std::uint32_t task, const std::string& node) {
  Record& record = records_[task];
  record.node = no_node;
  if (deciding_) deciding_->take_back(task);
  move(record, Trigger::retry);
  unplaced(task);
  if (has_effects(record)) {
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
