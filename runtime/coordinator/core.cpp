#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/coordinator/deciding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

Core::Core(Config config) : config_(std::move(config)), placing_(policy::make(config_.policy, config_.seed)), place_(policy::locality) {
  TESSERA_ASSERT(placing_ != nullptr, "the policy's name was not checked");
  policy_state_.rng = Rng(config_.seed);
  has_homes_ = placing_->one_by_one() != nullptr && placing_->has_homes();
  if (placing_->one_by_one() != nullptr) place_ = placing_->one_by_one();
  else deciding_ = std::make_unique<Deciding>(std::move(placing_));
}

Core::~Core() = default;

void Core::step(const NodeJoined& event, Instant now, Effects& out) {
  out_ = &out;
  Node node;
  node.id = event.node;
  node.name = event.name;
  node.lanes = event.lanes;
  node.limit = event.limit;
  node.resources = event.resources;
  node.operations = event.operations;
  nodes_.push_back(std::move(node));
  node_changed(static_cast<std::uint32_t>(nodes_.size() - 1));
  // What waits in the backlog of others may start earlier here.
  if (!deciding_)
    for (Node& other : nodes_)
      for (const QueueEntry& entry : other.backlog.take_all()) ready_.push(entry);
  // They stay in the list, since when they wait, until they are assigned.
  for (const auto& [task, since] : homeless_)
    if (records_[task].phase == Phase::ready) ready_.push(entry_of(task));
  ++suspect_places_;
  finish_step(now, out);
}

void Core::step(const NodeLost& event, Instant now, Effects& out) {
  out_ = &out;
  Node* lost = find_node(event.node);
  if (lost == nullptr) {
    ++sums_.stale;
    return;
  }
  lost->live = false;
  node_changed(static_cast<std::uint32_t>(lost - nodes_.data()));
  std::vector<std::uint32_t> gone, died;
  for (std::uint32_t task = 0; task < records_.size(); ++task) {
    Record& record = records_[task];
    if (!record.live) continue;
    if (record.phase == Phase::assigned && record.node == event.node) died.push_back(task);
    if (record.phase != Phase::done || !record.exists()) continue;
    const NodeId before = record.holder;
    const auto others = replicas_.find(task);
    if (before != event.node && others == replicas_.end()) continue;
    lose_holder(task, event.node);
    if (!record.exists()) gone.push_back(task);
  }
  for (const std::uint32_t task : gone) ceased_to_exist(task);
  for (const std::uint32_t task : died)
    if (records_[task].phase == Phase::assigned && records_[task].node == event.node) node_died_under(task, lost->name);
  // First what is gone for good, so that nothing below is computed again in vain.
  for (const std::uint32_t task : gone)
    if (records_[task].phase == Phase::done && is_irreplaceable(records_[task])) lost_for_good(task, lost->name);
  for (const std::uint32_t task : gone) {
    const Record& record = records_[task];
    if (record.phase == Phase::done && !record.exists() && (record.wants > 0 || record.needed > 0)) revive(task);
  }
  finish_step(now, out);
}

void Core::step(const NodeDraining& event, Instant now, Effects& out) {
  out_ = &out;
  Node* node = find_node(event.node);
  if (node == nullptr) return;
  node->draining = true;
  node_changed(static_cast<std::uint32_t>(node - nodes_.data()));
  finish_step(now, out);
}

void Core::step(const ClientJoined& event, Instant, Effects& out) {
  out_ = &out;
  clients_[event.client] = event.node;
}

void Core::step(const ClientLost& event, Instant now, Effects& out) {
  out_ = &out;
  clients_.erase(event.client);
  submissions_.erase(event.client);
  updates_.erase(event.client);
  std::erase_if(cancelled_own_, [&](const auto& one) { return one.first.second == event.client; });
  for (std::uint32_t task = 0; task < records_.size(); ++task) {
    if (!records_[task].live || records_[task].wants == 0) continue;
    if (const std::uint32_t wants = wants_of(task, event.client); wants > 0) unwant(task, event.client, wants);
  }
  finish_step(now, out);
}

void Core::step(const Tick&, Instant now, Effects& out) {
  out_ = &out;
  std::vector<std::uint32_t> late;
  for (const auto& [task, since] : homeless_)
    if (now - since >= config_.no_node_timeout) late.push_back(task);
  for (const std::uint32_t task : late) {
    homeless_.erase(task);
    const Record& record = records_[task];
    // It may wait for its turn at a node that has come since.
    if (!record.live || record.phase != Phase::ready || std::ranges::any_of(nodes_, [&](const Node& node) { return is_eligible(node, record); })) continue;
    fail(task, blame(ErrorCode::no_eligible_node, record, why_no_node(record)));
  }
  finish_step(now, out);
}

void Core::finish_step(Instant now, Effects& out) {
  drain_settle();
  schedule(now);
  for (Node& node : nodes_) {
    if (!node.live) {
      node.withdraw.clear(), node.drop.clear(), node.redirect.clear();
      continue;
    }
    if (!node.withdraw.empty())
      out.push_back(ToNode{node.id, protocol::Withdraw{config_.job, std::exchange(node.withdraw, {})}});
    if (!node.drop.empty()) out.push_back(ToNode{node.id, protocol::Drop{config_.job, std::exchange(node.drop, {})}});
    if (!node.assign.tasks.empty()) {
      if (node.operations_sent < operations_.size()) {
        protocol::Operations names{config_.job, {node.operations_sent}, {}};
        for (; node.operations_sent < operations_.size(); ++node.operations_sent)
          names.names.push_back(operations_[node.operations_sent].name);
        out.push_back(ToNode{node.id, std::move(names)});
      }
      node.assign.job = config_.job;
      out.push_back(ToNode{node.id, std::exchange(node.assign, {})});
    }
    if (!node.redirect.empty())
      out.push_back(ToNode{node.id, protocol::Redirect{config_.job, std::exchange(node.redirect, {})}});
  }
  for (auto& [client, updates] : updates_) {
    updates.job = config_.job;
    updates.submissions = submissions_[client];
    out.push_back(ToClient{client, std::move(updates)});
  }
  updates_.clear();
  out_ = nullptr;
#ifdef TESSERA_CHECKED
  if (records_.size() < 2000) check();
#endif
}

Core::Node* Core::find_node(NodeId id) {
  for (Node& node : nodes_)
    if (node.id == id && node.live) return &node;
  return nullptr;
}

const graph::Options& Core::options(const Record& record) const {
  static const graph::Options plain;
  if (record.segment == nil || record.data) return plain;
  const graph::Graph& graph = *segments_[record.segment].graph;
  return graph.options[graph.tasks[record.local].options];
}

std::uint32_t Core::operation(const Record& record) const {
  return segments_[record.segment].operations[segments_[record.segment].graph->tasks[record.local].operation];
}

std::shared_ptr<const protocol::Blame> Core::blame(ErrorCode code, const Record& record, std::string message) const {
  protocol::Blame blame;
  blame.code = code;
  blame.message = std::move(message);
  blame.key = record.key;
  if (record.segment != nil && !record.data) blame.operation = operations_[operation(record)].name;
  blame.attempts = record.failures;
  return std::make_shared<const protocol::Blame>(std::move(blame));
}

Counts Core::counts() const {
  Counts counts = sums_;
  counts.bytes = records_.capacity() * sizeof(Record) + edges_.capacity() * sizeof(Edge) + index_.bytes() +
                 ready_.bytes() + ahead_.bytes() + suspects_.bytes() + graph_bytes_;
  return counts;
}

void Core::check() const {
  Counts counted;
  std::uint32_t evicted = 0;
  std::uint64_t phases[task::phase_count] = {}, graph_bytes = 0;
  std::vector<std::uint32_t> planned(nodes_.size());
  for (const Segment& segment : segments_) graph_bytes += segment.bytes;
  TESSERA_ASSERT(graph_bytes == graph_bytes_, "bytes of graphs are counted right");
  for (std::uint32_t task = 0; task < records_.size(); ++task) {
    const Record& record = records_[task];
    if (!record.live) continue;
    ++counted.records;
    counted.edges += record.edge_count;
    ++phases[static_cast<std::size_t>(record.phase)];
    TESSERA_ASSERT(index_.find(record.key) == task, "a live record is found by its key");
    TESSERA_ASSERT((record.phase == Phase::assigned) == (record.node != no_node), "a node exactly while assigned");
    TESSERA_ASSERT(record.holder == no_node || record.phase == Phase::done, "only what is done has holders");
    TESSERA_ASSERT(record.phase != Phase::done || record.exists() || record.evicted || (record.wants == 0 && record.needed == 0),
                   "what is done and needed has a holder (S3)");
    TESSERA_ASSERT(!record.evicted || (record.phase == Phase::done && !record.exists() && is_made_at_will(record)),
                   "what was evicted is done, nowhere, and may be made again");
    evicted += record.evicted;
    std::uint32_t missing = 0, unplaced = 0, needed = 0;
    for (const Edge& edge : inputs(record)) {
      TESSERA_ASSERT(records_[edge.producer].live && edge.owner == task, "an input lives as long as its dependent");
      missing += !records_[edge.producer].exists();
      unplaced += !records_[edge.producer].placed();
    }
    for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next) {
      needed += records_[edges_[at].owner].active();
    }
    TESSERA_ASSERT(needed == record.needed, "dependents are counted right");
    TESSERA_ASSERT(record.priority == options(record).priority, "the priority is that of the options");
    if (!record.active()) continue;
    if (home_of(task) != policy::nowhere) ++planned[home_of(task)];
    TESSERA_ASSERT(missing == record.missing && unplaced == record.unplaced, "missing inputs are counted right");
    TESSERA_ASSERT(!lacks_only_evicted(task), "what was evicted is made again for who waits for nothing else");
    TESSERA_ASSERT(record.phase != Phase::ready || missing == 0, "what is ready lacks nothing");
    TESSERA_ASSERT(record.phase != Phase::waiting || missing > 0, "what lacks nothing does not wait");
    TESSERA_ASSERT(record.wants > 0 || record.needed > 0 || record.keep || is_past_recall(record), "what is active is needed");
  }
  const std::uint64_t kept[] = {sums_.waiting, sums_.ready, sums_.assigned, sums_.done, sums_.failed, sums_.cancelled};
  TESSERA_ASSERT(std::ranges::equal(phases, kept), "tasks are counted right by phase");
  TESSERA_ASSERT(std::ranges::equal(planned, nodes_, {}, {}, &Node::planned), "tasks are counted right by home");
  if (deciding_) deciding_->check(*this);
  TESSERA_ASSERT(evicted == evicted_, "what is evicted is counted right");
  TESSERA_ASSERT(counted.records == sums_.records && counted.edges == sums_.edges, "tasks and edges are counted right");
}
}  // namespace tessera::runtime::coordinator
