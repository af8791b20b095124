// From a submission to records: culling, sharing of equal keys, edges.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/graph/order.hpp"
#include "runtime/policy/dividing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::runtime::coordinator {
using task::Phase;

namespace {
/// What the wants of a submission reach; the rest is not run. What `is_known` has or makes its inputs by itself.
template <class IsKnown>
std::vector<bool> cull(const graph::Graph& graph, std::span<const graph::Index> wants, const IsKnown& is_known) {
  std::vector<bool> needed(graph.tasks.size());
  for (const graph::Index want : wants) needed[want] = true;
  for (graph::Index task = static_cast<graph::Index>(graph.tasks.size()); task-- > 0;) {
    if (!needed[task] || is_known(graph.tasks[task].key)) continue;
    for (const graph::Index input : graph.inputs_of(task))
      if (!(input & graph::external_bit)) needed[input] = true;
  }
  return needed;
}

constexpr auto nothing_is_known = [](const Key&) { return false; };

/// Generations lie 1024 apart, so that what a task submits fits between its own and the one before (O5).
constexpr std::uint64_t generation_step = 1024;
constexpr int order_bits = 24;
constexpr graph::Index prefetched = 8;  ///< Tasks ahead whose places in the index are asked for: it does not fit the cache.
std::uint64_t rank_of(std::uint64_t generation, std::uint32_t order) {
  return generation << order_bits | std::min<std::uint32_t>(order, (1u << order_bits) - 1);
}
}  // namespace

void Core::step(ClientId from, const protocol::Submit& event, Instant now, Effects& out) {
  out_ = &out;
  const std::uint64_t submissions = ++submissions_[from];
  const graph::Graph& graph = *event.graph;
  for (const graph::Index want : event.wants)
    TESSERA_ASSERT(want < graph.tasks.size(), "wants were checked where the submission came in");
  if (std::optional<protocol::Blame> why = refusal(graph, cull(graph, event.wants, nothing_is_known))) {
    ++sums_.rejected;
    const auto blame = std::make_shared<const protocol::Blame>(*why);
    protocol::Refused refused{config_.job, {}, std::move(*why), submissions};
    for (const graph::Index want : event.wants) {
      refused.keys.push_back(graph.tasks[want].key);
      if (index_.find(graph.tasks[want].key) == index_.none) remember_refusal(graph.tasks[want].key, blame);
    }
    out.push_back(ToClient{from, std::move(refused)});
    return;
  }
  std::vector<std::uint32_t> tasks;
  ingest(event.graph, cull_known(graph, event.wants), generation_++ * generation_step + generation_step - 1, tasks);
  for (const graph::Index want : event.wants) this->want(tasks[want], from);
  finish_step(now, out);
}

/// As `cull`, without what only tasks need that are under way already, or over: they need nothing of this submission (W2).
std::vector<bool> Core::cull_known(const graph::Graph& graph, std::span<const graph::Index> wants) const {
  if (index_.size() == 0) return cull(graph, wants, nothing_is_known);
  return cull(graph, wants, [this](const Key& key) {
    const std::uint32_t task = index_.find(key);
    // What delegated needs the result that it forwards, not its inputs.
    return task != index_.none && (records_[task].forward || !begins_anew(records_[task]));
  });
}

void Core::step(ClientId from, const protocol::Scattered& event, Instant now, Effects& out) {
  out_ = &out;
  std::uint32_t task = index_.find(event.key);
  if (task == index_.none) {
    task = add_record(event.key);
    Record& record = records_[task];
    record.data = true;
    set_phase(record, Phase::done);
    record.size = event.size;
    record.holder = clients_.at(from);
  } else if (records_[task].exists() && records_[task].holder != clients_.at(from)) {
    replicas_[task].push_back(clients_.at(from));
  }
  want(task, from);
  finish_step(now, out);
}

std::optional<protocol::Blame> Core::refusal(const graph::Graph& graph, const std::vector<bool>& needed) const {
  const auto refuse = [&](ErrorCode code, graph::Index index, std::string message) {
    protocol::Blame blame;
    blame.code = code;
    blame.message = std::move(message);
    blame.key = graph.tasks[index].key;
    blame.operation = graph.operations[graph.tasks[index].operation];
    return blame;
  };
  std::vector<int> known(graph.operations.size(), -1);  // -1 not looked up, else whether some node has it
  for (graph::Index index = 0; index < graph.tasks.size(); ++index) {
    if (index + prefetched < graph.tasks.size()) index_.prefetch(graph.tasks[index + prefetched].key);
    if (!needed[index]) continue;
    const graph::Task& task = graph.tasks[index];
    for (const graph::Index input : graph.inputs_of(index)) {
      if (!(input & graph::external_bit) || index_.find(graph.key_of(input)) != index_.none) continue;
      if (const auto at = refused_.find(graph.key_of(input)); at != refused_.end()) return *at->second;
      return refuse(ErrorCode::dangling_input, index,
                    fmt::format("task {} ({}) uses the result {}, which this job does not know (any more): keep its "
                                "future alive until the task is submitted", to_string(task.key),
                                graph.operations[task.operation], to_string(graph.key_of(input))));
    }
    const std::uint32_t existing = index_.find(task.key);
    if (existing != index_.none && !same_work(records_[existing], graph, index))
      return refuse(ErrorCode::key_conflict, index,
                    fmt::format("the key {} is in use for {} and was given again for other work with {}: choose another "
                                "key or release the first future", to_string(task.key),
                                records_[existing].data ? "scattered data"
                                                        : operations_[operation(records_[existing])].name,
                                graph.operations[task.operation]));
    int& is_known = known[task.operation];
    if (is_known >= 0) continue;
    const std::string& name = graph.operations[task.operation];
    is_known = 0;
    std::string lacking;
    bool any = false;
    for (const Node& node : nodes_) {
      if (!node.live || node.lanes == 0) continue;
      any = true;
      if (std::binary_search(node.operations.begin(), node.operations.end(), name)) is_known = 1;
      else lacking += fmt::format("{}\"{}\"", lacking.empty() ? "" : ", ", node.name);
    }
    if (any && is_known == 0)
      return refuse(ErrorCode::unknown_operation, index,
                    fmt::format("operation \"{}\" is registered on no node (asked: {}): link it into the nodes' program "
                                "with TESSERA_OPERATION, or start them with --plugin", name, lacking));
  }
  return std::nullopt;
}

void Core::remember_refusal(const Key& key, const std::shared_ptr<const protocol::Blame>& why) {
  constexpr std::size_t refused_max = 10'000;
  if (!refused_.insert_or_assign(key, why).second) return;
  refused_order_.push_back(key);
  if (refused_order_.size() <= refused_max) return;
  refused_.erase(refused_order_.front());
  refused_order_.pop_front();
}

bool Core::same_work(const Record& record, const graph::Graph& graph, graph::Index index) const {
  if (record.data) return false;
  const graph::Graph& other = *segments_[record.segment].graph;
  if (other.operations[other.tasks[record.local].operation] != graph.operations[graph.tasks[index].operation]) return false;
  if (!std::ranges::equal(other.params_of(record.local), graph.params_of(index))) return false;
  return std::ranges::equal(other.inputs_of(record.local), graph.inputs_of(index), {},
                            [&](graph::Index input) { return other.key_of(input); },
                            [&](graph::Index input) { return graph.key_of(input); });
}

std::uint32_t Core::operation_index(const std::string& name) {
  const auto [at, is_new] = operation_index_.try_emplace(name, static_cast<std::uint32_t>(operations_.size()));
  if (is_new) operations_.push_back({name});
  return at->second;
}

/// Which node each of its tasks is to run on, where there is a choice.
void Core::divide(const graph::Graph& graph, const std::vector<bool>& needed, std::span<const std::uint32_t> ranks, std::uint32_t start) {
  divided_.clear(), lane_counts_.clear();
  if (!has_homes_) return;
  std::uint32_t nodes = 0;
  for (const Node& node : nodes_) lane_counts_.push_back(node.live && !node.draining ? node.lanes : 0), nodes += lane_counts_.back() > 0;
  if (nodes < 2) return;
  const auto place_of = [&](std::uint32_t task) {
    const Record& record = records_[task];
    const NodeId at = record.phase == Phase::assigned ? record.node : record.holder;
    const auto node = std::ranges::find_if(nodes_, [&](const Node& one) { return one.live && one.id == at; });
    return at != no_node && node != nodes_.end() ? static_cast<std::uint32_t>(node - nodes_.begin()) : home_of(task);
  };
  external_nodes_.clear();
  for (const Key& key : graph.externals) {
    const std::uint32_t task = index_.find(key);
    external_nodes_.push_back(task == index_.none ? policy::nowhere : place_of(task));
  }
  divided_.assign(graph.tasks.size(), policy::nowhere);
  for (graph::Index index = 0; index < graph.tasks.size(); ++index) {
    if (!needed[index]) continue;
    const std::uint32_t existing = index_.find(graph.tasks[index].key);
    divided_[index] = existing == index_.none ? policy::undivided : place_of(existing);
  }
  // What is large enough for all begins with the first, whatever came before it; small ones take turns.
  const std::uint32_t without_data = policy::count_without_data(graph, divided_);
  if (start == policy::nowhere && without_data < nodes) {
    start = static_cast<std::uint32_t>(policy_state_.turn % nodes_.size());
    policy_state_.turn += without_data;
  }
  policy::divide({graph, ranks, external_nodes_, lane_counts_, start == policy::nowhere ? 0 : start}, divided_);
}

std::uint32_t Core::ingest(std::shared_ptr<const graph::Graph> shared, const std::vector<bool>& needed,
                           std::uint64_t generation, std::vector<std::uint32_t>& tasks, std::uint32_t start) {
  const graph::Graph& graph = *shared;
  std::uint32_t segment = static_cast<std::uint32_t>(segments_.size());
  if (!free_segments_.empty()) {
    segment = free_segments_.back();
    free_segments_.pop_back();
  } else {
    segments_.emplace_back();
  }
  segments_[segment].graph = std::move(shared);
  segments_[segment].bytes = graph.tasks.capacity() * sizeof(graph::Task) + graph.inputs.capacity() * sizeof(graph::Index) +
                             graph.params.capacity();
  graph_bytes_ += segments_[segment].bytes;
  for (const std::string& name : graph.operations) segments_[segment].operations.push_back(operation_index(name));
  std::vector<std::uint32_t> order;
  if (graph.tasks.size() > 1) order = graph::depth_first_order(graph);
  divide(graph, needed, order, start);
  tasks.assign(graph.tasks.size(), nil);
  if (graph.tasks.size() > 64) {
    records_.reserve(std::max(records_.size() + graph.tasks.size(), records_.capacity()));
    edges_.reserve(std::max(edges_.size() + graph.inputs.size(), edges_.capacity()));
    index_.reserve(index_.size() + graph.tasks.size());
  }
  for (graph::Index index = 0; index < graph.tasks.size(); ++index) {
    if (index + prefetched < graph.tasks.size()) index_.prefetch(graph.tasks[index + prefetched].key);
    if (!needed[index]) continue;
    const Key& key = graph.tasks[index].key;
    if (const std::uint32_t existing = index_.find(key); existing != index_.none) {
      tasks[index] = existing;
      if (begins_anew(records_[existing])) revive(existing), settle_.push_back(existing);
      continue;
    }
    producers_.clear();
    for (const graph::Index input : graph.inputs_of(index))
      producers_.push_back(input & graph::external_bit ? index_.find(graph.key_of(input)) : tasks[input]);
    const std::uint32_t task = tasks[index] = add_record(key);
    Record& record = records_[task];
    record.segment = segment;
    record.local = index;
    record.priority = graph.options[graph.tasks[index].options].priority;
    record.rank = rank_of(generation, order.empty() ? 0 : order[index]);
    ++segments_[segment].live;
    link_inputs(task, producers_);
    if (!divided_.empty()) set_home(task, divided_[index]);
    activate(task);
  }
  if (segments_[segment].live == 0) {
    graph_bytes_ -= segments_[segment].bytes;
    segments_[segment] = {};
    free_segments_.push_back(segment);
  }
  return segment;
}

std::uint32_t Core::add_record(const Key& key) {
  std::uint32_t task = static_cast<std::uint32_t>(records_.size());
  if (!free_records_.empty()) {
    task = free_records_.back();
    free_records_.pop_back();
  } else {
    records_.emplace_back();
  }
  Record& record = records_[task];
  const Attempt attempt = record.attempt;
  record = Record{};
  record.attempt = attempt;
  record.key = key;
  record.live = true;
  ++count_of(record.phase);
  ++sums_.records;
  index_.insert(task);
  settle_.push_back(task);
  if (task < homes_.size()) homes_[task] = policy::nowhere;
  return task;
}

void Core::link_inputs(std::uint32_t task, std::span<const std::uint32_t> producers) {
  const std::uint32_t count = static_cast<std::uint32_t>(producers.size());
  if (count == 0) return;
  sums_.edges += count;
  std::uint32_t first = static_cast<std::uint32_t>(edges_.size());
  if (count < free_edges_.size() && !free_edges_[count].empty()) {
    first = free_edges_[count].back();
    free_edges_[count].pop_back();
  } else {
    edges_.resize(edges_.size() + count);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Record& producer = records_[producers[i]];
    edges_[first + i] = {producers[i], task, producer.first_dependent, nil};
    if (producer.first_dependent != nil) edges_[producer.first_dependent].previous = first + i;
    producer.first_dependent = first + i;
  }
  records_[task].edges = first;
  records_[task].edge_count = count;
}

void Core::unlink_inputs(std::uint32_t task) {
  Record& record = records_[task];
  if (record.edge_count == 0) return;
  sums_.edges -= record.edge_count;
  for (const Edge& edge : inputs(record)) {
    Record& producer = records_[edge.producer];
    (edge.previous == nil ? producer.first_dependent : edges_[edge.previous].next) = edge.next;
    if (edge.next != nil) edges_[edge.next].previous = edge.previous;
    if (!producer.has_dependents()) settle_.push_back(edge.producer);
  }
  if (free_edges_.size() <= record.edge_count) free_edges_.resize(record.edge_count + 1);
  free_edges_[record.edge_count].push_back(record.edges);
  record.edges = nil;
  record.edge_count = 0;
}

void Core::delegate(std::uint32_t task, const protocol::Delegated& report) {
  const graph::Index result[] = {report.result};
  if (std::optional<protocol::Blame> why = refusal(*report.graph, cull(*report.graph, result, nothing_is_known))) {
    fail(task, std::make_shared<const protocol::Blame>(std::move(*why)));
    return;
  }
  move(records_[task], task::Trigger::delegated);
  unplaced(task);
  const std::uint32_t home = home_of(task);  // Where it ran: `assign` has seen to that.
  const std::uint64_t own = records_[task].rank >> order_bits;
  std::vector<std::uint32_t> tasks;
  ingest(report.graph, cull_known(*report.graph, result), own % generation_step == 0 ? own : own - 1, tasks, home);
  if (tasks[report.result] == task) {
    fail(task, blame(ErrorCode::cycle, records_[task], "the task delegated to itself: its result would wait for itself"));
    return;
  }
  leave_active(task);
  unlink_inputs(task);
  link_inputs(task, {&tasks[report.result], 1});
  records_[task].forward = true;
  activate(task);
}
}  // namespace tessera::runtime::coordinator
