// Which task goes where, and when: the queues, the windows of the nodes, the policy.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/coordinator/deciding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

QueueEntry Core::entry_of(std::uint32_t task) const {
  return {records_[task].priority, task, records_[task].rank};
}

void Core::prefetch(const Record& record) const {
  if (record.segment != nil) __builtin_prefetch(&segments_[record.segment].graph->tasks[record.local]);
  if (record.has_dependents()) __builtin_prefetch(&edges_[record.first_dependent]);
}

void Core::enqueue(std::uint32_t task) {
  const Record& record = records_[task];
  prefetch(record);
  if (!deciding_ || record.forward || deciding_->is_overruled(task)) return ready_.push(entry_of(task));
  deciding_->ready(task);
  if (deciding_->node_of(task) != policy::nowhere) due_.push_back(task);
}

void Core::enqueue_ahead(std::uint32_t task) {
  if (records_[task].phase != Phase::waiting) return;
  prefetch(records_[task]);
  if (!deciding_) ahead_.push(entry_of(task));
  else if (deciding_->node_of(task) != policy::nowhere) due_.push_back(task);
}

bool Core::is_assignable(std::uint32_t task, std::uint64_t rank, bool ahead) const {
  const Record& record = records_[task];
  if (!record.live || record.rank != rank) return false;
  return ahead ? record.phase == Phase::waiting && record.unplaced == 0 && record.missing > 0 && record.deaths == 0
               : record.phase == Phase::ready;
}

bool Core::has_room(const Node& node, bool ahead, std::int32_t priority) const {
  if (!node.live || node.draining || node.lanes == 0) return false;
  std::int64_t count = 0, before = 0, all = 0;
  for (const Open& open : node.open) {
    all += open.ready + open.ahead;
    if (open.priority < priority) continue;
    count += ahead ? open.ahead : open.ready;
    before += open.ready + open.ahead;
  }
  return policy::has_room(config_.window, node.lanes, ahead, count, before == all ? node.queued : Duration{node.queued.ns / all * before});
}

Core::Open& Core::open_at(Node& node, const Record& record) {
  const std::int32_t priority = record.priority;
  const auto at = std::ranges::lower_bound(node.open, priority, std::greater{}, &Open::priority);
  if (at != node.open.end() && at->priority == priority) return *at;
  return *node.open.insert(at, {priority});
}

bool Core::is_eligible(const Node& node, const Record& record) const {
  if (!node.live || node.draining || node.lanes == 0) return false;
  for (const auto& [name, amount] : options(record).resources) {
    const auto has = std::find_if(node.resources.begin(), node.resources.end(), [&name = name](const auto& it) { return it.first == name; });
    if (has == node.resources.end() || has->second < amount) return false;
  }
  if (record.forward) return true;
  return std::binary_search(node.operations.begin(), node.operations.end(), operations_[operation(record)].name);
}

std::uint32_t Core::choose(std::uint32_t task) {
  const Record& record = records_[task];
  node_views_.clear();
  std::uint32_t only = policy::nowhere, eligible = 0;  // `only`: the last of them.
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    node_views_.push_back({node.id, std::max(1u, node.lanes), node.queued, node.limit,
                           is_eligible(node, record) && may_try(node, record), node.planned, has_homes_ && node.backlog.empty() && has_room(node, false, record.priority)});
    if (node_views_.back().eligible) only = i, ++eligible;
  }
  if (eligible <= 1) return only;
  if (const auto called = called_for_.find(task); called != called_for_.end()) {
    const auto at = std::ranges::find(node_views_, called->second.by, &policy::NodeView::id);
    if (at != node_views_.end() && at->eligible) return static_cast<std::uint32_t>(at - node_views_.begin());
  }
  input_views_.clear();
  if (holder_views_.size() < record.edge_count) holder_views_.resize(record.edge_count);
  const auto index_of = [&](NodeId id, std::vector<std::uint32_t>& into) {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].id == id && nodes_[i].live) into.push_back(i);
  };
  for (std::uint32_t i = 0; i < record.edge_count; ++i) {
    const std::uint32_t producer = edges_[record.edges + i].producer;
    const Record& input = records_[producer];
    std::vector<std::uint32_t>& holders = holder_views_[i];
    holders.clear();
    index_of(input.phase == Phase::assigned ? input.node : input.holder, holders);
    if (const auto others = replicas_.find(producer); others != replicas_.end())
      for (const NodeId id : others->second) index_of(id, holders);
    input_views_.push_back({input.size, holders, input.needed});
  }
  const Duration expected = record.forward ? Duration{} : operations_[operation(record)].expected();
  std::uint32_t place = policy::nowhere;
  try {
    place = place_({node_views_}, {input_views_, expected, home_of(task)}, policy_state_);
    if (place < nodes_.size() && node_views_[place].eligible) return place;
    sums_.nonsense.add(place < nodes_.size() ? policy::Nonsense::closed_node : policy::Nonsense::unknown_node);
  } catch (...) {
    sums_.nonsense.add(policy::Nonsense::threw);
  }
  return only;
}

void Core::set_home(std::uint32_t task, std::uint32_t node) {
  if (homes_.size() < records_.size()) homes_.resize(std::max(records_.size(), homes_.size() * 2), policy::nowhere);
  homes_[task] = node;
}

void Core::assign(std::uint32_t task, std::uint32_t node_index) {
  Record& record = records_[task];
  Node& node = nodes_[node_index];
  ++record.attempt.value;
  if (!homeless_.empty()) homeless_.erase(task);
  if (deciding_) deciding_->give(task, node_index);
  if (const std::uint32_t home = home_of(task); home != policy::nowhere && home != node_index) {
    --nodes_[home].planned, ++node.planned;
    homes_[task] = node_index;
  }
  if (record.deaths > 0) node.tries_suspect = true;
  record.node = node.id;
  move(record, Trigger::placed);
  Open& open = open_at(node, record);
  ++(record.missing == 0 ? open.ready : open.ahead);
  protocol::Assignment assignment;
  assignment.key = record.key;
  assignment.task = {task};
  assignment.attempt = record.attempt;
  assignment.rank = record.rank;
  assignment.inputs = record.edge_count;
  assignment.report_value = record.wants > 0;
  if (record.forward) {
    assignment.operation = {operation_index("tessera.forward")};
  } else {
    const graph::Graph& graph = *segments_[record.segment].graph;
    const graph::Options& options = graph.options[graph.tasks[record.local].options];
    assignment.operation = {operation(record)};
    assignment.priority = options.priority;
    assignment.eviction = eviction(record);
    if (!options.resources.empty()) assignment.resources = options.resources;
    const std::span<const std::byte> params = graph.params_of(record.local);
    assignment.params = static_cast<std::uint32_t>(params.size());
    node.assign.params.insert(node.assign.params.end(), params.begin(), params.end());
    book(node, assignment.operation.value, 1);
  }
  for (const Edge& edge : inputs(record)) {
    const Record& input = records_[edge.producer];
    const NodeId holder = input.phase == Phase::assigned ? input.node : input.holder;
    bool here = holder == node.id;
    if (!here && !replicas_.empty())
      if (const auto others = replicas_.find(edge.producer); others != replicas_.end())
        here = std::find(others->second.begin(), others->second.end(), node.id) != others->second.end();
    const bool is_kept = input.wants > 0 || input.keep || is_irreplaceable(input) || input.needed > protocol::many_uses;
    node.assign.inputs.push_back(
        {input.key, here ? no_node : holder, input.size, is_kept ? protocol::many_uses : static_cast<std::uint8_t>(input.needed)});
  }
  node.assign.tasks.push_back(std::move(assignment));
  placed(task);
}

/// It may be of a suspect that was given a place and ended before its try: the place is for another one.
bool Core::is_out_of_date(const QueueEntry& entry, bool ahead) {
  if (is_assignable(entry.task, entry.rank, ahead)) return false;
  if (!ahead && !suspects_.empty()) ++suspect_places_;
  return true;
}

void Core::fill(bool ahead) {
  ReadyQueue& queue = ahead ? ahead_ : ready_;
  const auto any_room = [&] {
    return std::ranges::any_of(nodes_, [&](const Node& node) { return has_room(node, ahead, queue.top().priority); });
  };
  // Without any node that takes work, what is ready is looked at all the same: its time runs (O8).
  const bool is_deserted = !ahead && std::ranges::none_of(nodes_, [](const Node& node) { return node.live && !node.draining && node.lanes > 0; });
  while (!queue.empty() && (is_deserted || any_room())) {
    const QueueEntry entry = queue.pop();
    if (is_out_of_date(entry, ahead)) continue;
    const std::uint32_t node = choose(entry.task);
    if (node == policy::nowhere) {
      const Record& record = records_[entry.task];
      const auto fits = [&](const Node& one) { return is_eligible(one, record); };
      if (record.deaths > 0 && std::ranges::any_of(nodes_, fits)) suspects_.push(entry);
      else if (!ahead) homeless_.try_emplace(entry.task, Instant{-1});
      continue;
    }
    if (has_room(nodes_[node], ahead, entry.priority)) assign(entry.task, node);
    else if (!ahead) nodes_[node].backlog.push(entry);
  }
}

// A task under which a node died may be what killed it. A node tries one such task at a time, so that when it dies, too, no
// other one is blamed that only stood in the queue (W5). Whoever ends its try makes a place for the next.
void Core::release_suspects() {
  while (suspect_places_ > 0 && !suspects_.empty()) {
    const QueueEntry entry = suspects_.pop();
    if (!is_assignable(entry.task, entry.rank, false)) continue;
    ready_.push(entry);
    --suspect_places_;
  }
  suspect_places_ = 0;
}

/// A node that has room and nothing waiting may take what starts late at the one where most waits.
void Core::relieve() {
  if (!has_homes_) return;
  for (;;) {
    Node* longest = nullptr;
    for (Node& node : nodes_)
      if (!node.backlog.empty() && (longest == nullptr || node.backlog.size() * longest->lanes > longest->backlog.size() * node.lanes)) longest = &node;
    if (longest == nullptr) return;
    const QueueEntry entry = longest->backlog.late();
    if (is_out_of_date(entry, false)) {
      longest->backlog.pop_late();
      continue;
    }
    const std::uint32_t to = choose(entry.task);
    if (to == policy::nowhere || &nodes_[to] == longest || !nodes_[to].backlog.empty() || !has_room(nodes_[to], false, entry.priority)) return;
    longest->backlog.pop_late();
    assign(entry.task, to);
  }
}

void Core::schedule(Instant now) {
  release_suspects();
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    while (!nodes_[i].backlog.empty() && has_room(nodes_[i], false, nodes_[i].backlog.top().priority)) {
      const QueueEntry entry = nodes_[i].backlog.pop();
      if (is_out_of_date(entry, false)) continue;
      if (const std::uint32_t at = deciding_ ? deciding_->node_of(entry.task) : i; at != i && at != policy::nowhere) continue;  // It was given to another one since.
      if (may_try(nodes_[i], records_[entry.task])) assign(entry.task, i);
      else suspects_.push(entry);
    }
  }
  if (deciding_) decide(now);
  fill(false);
  relieve();
  fill(true);
  if (homeless_.empty()) return;
  for (auto& [task, since] : homeless_)
    if (since.ns < 0) since = now;
}

std::string Core::why_no_node(const Record& record) const {
  std::string wanted;
  for (const auto& [name, amount] : options(record).resources) wanted += fmt::format(" {}={}", name, amount);
  std::string nodes;
  for (const Node& node : nodes_)
    if (node.live && node.lanes > 0) nodes += fmt::format("{}\"{}\"", nodes.empty() ? "" : ", ", node.name);
  if (nodes.empty()) return "there is no node with a lane: start one with `tessera node`";
  return fmt::format("it needs the operation \"{}\"{}{}; nodes: {}",
                     record.forward ? "tessera.forward" : operations_[operation(record)].name,
                     wanted.empty() ? "" : " and the resources", wanted, nodes);
}
}  // namespace tessera::runtime::coordinator
