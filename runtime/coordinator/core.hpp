/// @file
/// Decides for one job: resolves dependencies, places tasks, keeps what is wanted, frees what is not, and computes again
/// exactly what was lost and is still needed. Pure: same configuration, seed and events give the same effects.
#pragma once
#include "runtime/base/slot_index.hpp"
#include "runtime/coordinator/record.hpp"
#include "runtime/coordinator/ready_queue.hpp"
#include "runtime/policy/estimator.hpp"
#include "runtime/policy/nonsense.hpp"
#include "runtime/policy/policy.hpp"
#include "runtime/policy/window.hpp"
#include "runtime/protocol/messages.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace tessera::runtime::coordinator {
struct Config {
  JobId job;
  std::string policy = "locality";            ///< A name of `policy::names()`.
  std::uint64_t seed = 1;
  Duration no_node_timeout = seconds(60);     ///< How long a task may lack an eligible node (O8).
  std::uint8_t deaths_max = 3;                ///< Nodes that may die under a task before it fails.
  std::uint8_t evictions_max = 2;             ///< After so many a result is written rather than evicted,
  std::uint8_t evictions_in_vain_max = 8;     ///< and after so many that no dependent used it is not evicted at all.
  policy::Window window = {};
};

// Events besides the protocol's messages. `Tick` comes about once a second.
struct NodeJoined {
  NodeId node;
  std::string name;
  std::uint32_t lanes = 1;
  Bytes limit;
  std::vector<std::pair<std::string, std::int64_t>> resources;
  std::vector<std::string> operations;  ///< Sorted.
};
struct NodeLost { NodeId node; };
struct NodeDraining { NodeId node; };  ///< It finishes what it has and gets nothing more.
struct ClientJoined { ClientId client; NodeId node; };  ///< `node` holds what it scatters; it may have no lanes.
struct ClientLost { ClientId client; };
struct Tick {};

struct ToNode { NodeId node; protocol::Message message; };
struct ToClient { ClientId client; protocol::Message message; };
using Effect = std::variant<ToNode, ToClient>;
using Effects = std::vector<Effect>;

/// Sums for status and tests; kept up to date as things change.
struct Counts {
  std::uint64_t waiting = 0, ready = 0, assigned = 0, done = 0, failed = 0, cancelled = 0;
  std::uint64_t records = 0, edges = 0, executions = 0, recomputed = 0, evictions = 0, stale = 0, rejected = 0;
  std::uint64_t bytes = 0;  ///< Memory of the arenas.
  policy::NonsenseCounts nonsense;  ///< Of the policy; it was left out.
};

/// One job. `step` appends what is to be done to `out`, which the caller owns and reuses; work is bounded by what the event
/// touches, except after the loss of a node or of a client, which walks all tasks.
class Core {
 public:
  explicit Core(Config config);
  ~Core();

  void step(const NodeJoined& event, Instant now, Effects& out);
  void step(const NodeLost& event, Instant now, Effects& out);
  void step(const NodeDraining& event, Instant now, Effects& out);
  void step(const ClientJoined& event, Instant now, Effects& out);
  void step(const ClientLost& event, Instant now, Effects& out);
  void step(const Tick& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Submit& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Scattered& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Release& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Cancel& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Retry& event, Instant now, Effects& out);
  void step(ClientId from, const protocol::Restore& event, Instant now, Effects& out);
  void step(NodeId from, const protocol::Reports& event, Instant now, Effects& out);

  /// O(1).
  Counts counts() const;
  /// What the policy threw, if it did: since then the coordinator places all tasks.
  const std::optional<std::string>& policy_failure() const;
  /// Asserts every invariant (S3). O(tasks + edges).
  void check() const;

 private:
  struct Segment {  ///< One submission; freed with its last record.
    std::shared_ptr<const graph::Graph> graph;
    std::vector<std::uint32_t> operations;  ///< The graph's operation indices in this job's table.
    std::uint32_t live = 0;
    std::uint64_t bytes = 0;                ///< Of the graph's arena.
  };
  struct Operation {
    std::string name;
    policy::Estimator took{milliseconds(1).ns};
    Duration expected() const { return {took.expected()}; }
  };
  /// Tasks of one priority that are assigned to a node: with all inputs there, and ahead of them.
  struct Open {
    std::int32_t priority = 0;
    std::uint32_t ready = 0, ahead = 0;
  };
  /// Tasks of one operation that are assigned to a node, and what each counts there.
  struct Booked {
    std::uint32_t count = 0;
    Duration each;
  };
  struct Node {
    NodeId id;
    std::string name;
    std::uint32_t lanes = 1;
    bool live = true;
    bool draining = false;
    bool tries_suspect = false;          ///< A task under which a node died is assigned here.
    Bytes limit;
    std::vector<std::pair<std::string, std::int64_t>> resources;
    std::vector<std::string> operations;
    std::uint32_t operations_sent = 0;   ///< Names of this many were sent.
    std::vector<Open> open;              ///< Highest priority first; few.
    Duration queued;                     ///< Expected time of all tasks assigned: the sum of `booked`.
    std::vector<Booked> booked;          ///< By operation.
    ReadyQueue backlog;                  ///< Chosen for this node, which has no room yet.
    std::uint32_t planned = 0;           ///< Active tasks whose home it is.
    protocol::Assign assign;             ///< What the current step sends, flushed at its end.
    std::vector<std::pair<Key, Attempt>> withdraw;
    std::vector<Key> drop;
    std::vector<protocol::Input> redirect;
  };
  struct KeyOf {
    const std::vector<Record>* records;
    const Key& operator()(std::uint32_t task) const { return (*records)[task].key; }
  };

  // submit.cpp: from a submission to records.
  std::optional<protocol::Blame> refusal(const graph::Graph& graph, const std::vector<bool>& needed) const;
  void remember_refusal(const Key& key, const std::shared_ptr<const protocol::Blame>& why);
  bool same_work(const Record& record, const graph::Graph& graph, graph::Index index) const;
  std::vector<bool> cull_known(const graph::Graph& graph, std::span<const graph::Index> wants) const;
  /// When it is submitted again: it was released or cancelled.
  static bool begins_anew(const Record& record) {
    return record.phase == task::Phase::cancelled || (record.phase == task::Phase::done && !record.exists() && !record.evicted);
  }
  /// `start`: the node at which a part of it that has no data begins.
  std::uint32_t ingest(std::shared_ptr<const graph::Graph> graph, const std::vector<bool>& needed, std::uint64_t generation,
                       std::vector<std::uint32_t>& tasks, std::uint32_t start = policy::nowhere);
  std::uint32_t add_record(const Key& key);
  void link_inputs(std::uint32_t task, std::span<const std::uint32_t> producers);
  void unlink_inputs(std::uint32_t task);
  std::uint32_t operation_index(const std::string& name);
  void divide(const graph::Graph& graph, const std::vector<bool>& needed, std::span<const std::uint32_t> ranks, std::uint32_t start);
  void delegate(std::uint32_t task, const protocol::Delegated& report);

  // flow.cpp: what a change of one task does to its neighbours.
  void move(Record& record, task::Trigger trigger);
  void set_phase(Record& record, task::Phase phase);
  std::uint64_t& count_of(task::Phase phase);
  void activate(std::uint32_t task);
  void book(std::uint32_t task);
  void start(std::uint32_t task);
  void begin_together(const std::vector<std::uint32_t>& tasks);
  bool is_released(std::uint32_t task) const;
  bool lacks_only_evicted(std::uint32_t task) const;
  void restore_inputs(std::uint32_t task);
  bool is_restoring(std::uint32_t task) const;
  void revive(std::uint32_t task, std::uint32_t user = nil);
  void leave_active(std::uint32_t task);
  void came_to_exist(std::uint32_t task);
  void ceased_to_exist(std::uint32_t task);
  void placed(std::uint32_t task);
  void unplaced(std::uint32_t task);
  void fail(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame);
  void cancel(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame);
  void end_dependents(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame, task::Trigger trigger);
  void end_here(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame, task::Trigger trigger);
  void withdraw(std::uint32_t task);
  void settle(std::uint32_t task);
  void drain_settle();
  void drop_data(std::uint32_t task);
  void forget(std::uint32_t task);

  // futures.cpp: wants of clients and what they are told.
  void want(std::uint32_t task, ClientId client);
  std::uint32_t unwant(std::uint32_t task, ClientId client, std::uint32_t count);
  std::uint32_t wants_of(std::uint32_t task, ClientId client) const;
  void tell(std::uint32_t task, const std::optional<protocol::Bytestring>* value = nullptr);
  void tell(std::uint32_t task, ClientId client, const std::optional<protocol::Bytestring>* value);
  protocol::Update update_of(std::uint32_t task) const;
  void add_wants(std::uint32_t task, ClientId client, std::uint32_t count);
  bool cancel_own(std::uint32_t task, ClientId client, const std::shared_ptr<const protocol::Blame>& why);
  bool release_own(std::uint32_t task, ClientId client);
  bool cancel_for_owners(std::uint32_t task);
  void tell_cancelled(std::uint32_t task, ClientId client, const protocol::Blame& why);
  std::uint32_t disown(std::uint32_t task, ClientId client, const std::shared_ptr<const protocol::Blame>& why);
  void disown(std::uint32_t task, const std::shared_ptr<const protocol::Blame>& why);

  // reports.cpp: what nodes answer.
  void report(Node& node, const protocol::Finished& report);
  void report(Node& node, const protocol::Errored& report);
  void report(Node& node, const protocol::Delegated& report);
  void report(Node& node, const protocol::InputsMissing& report);
  void report(Node& node, const protocol::Copied& report);
  void report(Node& node, const protocol::Evicted& report);
  bool is_stale(const Node& node, TaskId task, Attempt attempt);
  void attempt_ended(Node& node, Record& record);
  void book(Node& node, std::uint32_t operation, std::int32_t more);
  bool holds(NodeId node, std::uint32_t task) const;
  void lacks(NodeId holder, std::uint32_t task);
  std::string name_of(NodeId id) const;
  void lose_holder(std::uint32_t task, NodeId node);
  bool has_effects(const Record& record) const;
  bool is_made_at_will(const Record& record) const;
  protocol::Eviction eviction(const Record& record) const;
  void set_evicted(Record& record, bool evicted);
  bool is_irreplaceable(const Record& record) const { return record.data || has_effects(record); }
  bool is_past_recall(const Record& record) const {
    return record.phase == task::Phase::assigned && record.has_dependents() && has_effects(record);
  }
  void lost_for_good(std::uint32_t task, const std::string& where);
  void node_died_under(std::uint32_t task, const std::string& node);

  // placing.cpp: which task goes where, and when.
  void schedule(Instant now);
  /// For a task of that priority: what is less urgent at the node does not count, it will wait there.
  bool has_room(const Node& node, bool ahead, std::int32_t priority) const;
  Open& open_at(Node& node, const Record& record);
  bool may_try(const Node& node, const Record& record) const { return record.deaths == 0 || !node.tries_suspect; }
  void release_suspects();
  bool is_eligible(const Node& node, const Record& record) const;
  std::uint32_t choose(std::uint32_t task);
  std::uint32_t home_of(std::uint32_t task) const { return task < homes_.size() ? homes_[task] : policy::nowhere; }
  void set_home(std::uint32_t task, std::uint32_t node);
  void relieve();
  void fill(bool ahead);
  void assign(std::uint32_t task, std::uint32_t node);
  bool is_assignable(std::uint32_t task, std::uint64_t rank, bool ahead) const;
  bool is_out_of_date(const QueueEntry& entry, bool ahead);
  /// It is assigned soon: what that reads is on its way from memory meanwhile.
  void prefetch(const Record& record) const;
  void enqueue(std::uint32_t task);
  void enqueue_ahead(std::uint32_t task);
  void finish_step(Instant now, Effects& out);
  std::string why_no_node(const Record& record) const;

  // deciding.cpp: policies that decide about all tasks at once.
  class Deciding;
  void decide(Instant now);
  void apply(const policy::Assignment& one);
  void node_changed(std::uint32_t node);

  const graph::Options& options(const Record& record) const;
  std::uint32_t operation(const Record& record) const;
  QueueEntry entry_of(std::uint32_t task) const;
  Node* find_node(NodeId id);
  std::span<const Edge> inputs(const Record& record) const { return {edges_.data() + record.edges, record.edge_count}; }
  std::shared_ptr<const protocol::Blame> blame(ErrorCode code, const Record& record, std::string message) const;

  Config config_;
  std::unique_ptr<policy::Policy> placing_;     ///< Of `place_`; or null.
  policy::Place place_;                         ///< Of one task after the other: all of them, or those that `deciding_` does not place.
  bool has_homes_ = false;                      ///< Of `place_`.
  policy::State policy_state_;
  std::vector<std::uint32_t> homes_;            ///< By task: the node it was given when it was submitted, or `nowhere`. Empty while there was one node.
  std::vector<std::uint32_t> divided_;          ///< Of the submission that is taken up: by task of its graph; empty where it is not divided.
  std::unique_ptr<Deciding> deciding_;          ///< A policy that decides about all tasks at once.
  std::vector<std::uint32_t> due_;              ///< Tasks that have its decision, and may be sent.
  std::vector<Record> records_;
  std::vector<std::uint32_t> free_records_;
  std::vector<Edge> edges_;
  std::vector<std::vector<std::uint32_t>> free_edges_;  ///< By length of the run.
  std::vector<Segment> segments_;
  std::vector<std::uint32_t> free_segments_;
  std::vector<Operation> operations_;
  std::unordered_map<std::string, std::uint32_t> operation_index_;
  SlotIndex<Key, KeyOf> index_{KeyOf{&records_}};
  std::vector<Node> nodes_;                     ///< In the order in which they joined; lost ones stay, not live.
  std::map<ClientId, NodeId> clients_;
  std::map<ClientId, std::uint64_t> submissions_;  ///< Taken of each client.
  /// Why the latest submissions were refused, by what they wanted: what is submitted on top of it fails for the same reason (E1).
  std::unordered_map<Key, std::shared_ptr<const protocol::Blame>> refused_;
  std::deque<Key> refused_order_;               ///< Oldest first; at most `refused_max`.
  std::unordered_map<std::uint32_t, std::vector<NodeId>> replicas_;
  std::map<std::pair<std::uint32_t, ClientId>, std::uint32_t> more_wants_;
  /// Futures that their client cancelled while others wanted the task (C2), and has not released: it may name them as inputs.
  struct CancelledOwn { std::uint32_t count = 0; std::shared_ptr<const protocol::Blame> why; };
  std::map<std::pair<std::uint32_t, ClientId>, CancelledOwn> cancelled_own_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const protocol::Blame>> blames_;
  ReadyQueue ready_, ahead_;
  ReadyQueue suspects_;                         ///< Ready tasks under which a node died, while each node tries another one.
  /// Results that a node did not get where they were, and how often since one was used: that node makes them next.
  struct Called { NodeId by; std::uint8_t times = 0; };
  std::map<std::uint32_t, Called> called_for_;
  std::uint32_t suspect_places_ = 0;            ///< Places for suspects that this step made free.
  std::map<std::uint32_t, Instant> homeless_;   ///< Ready tasks without an eligible node, and since when.
  std::vector<std::uint32_t> settle_;           ///< Tasks that may have become unneeded in this step.
  std::uint32_t evicted_ = 0;                   ///< Tasks that are evicted now.
  std::uint64_t generation_ = 1;
  std::map<ClientId, protocol::Updates> updates_;  ///< What the current step tells clients, flushed at its end.
  Effects* out_ = nullptr;
  Counts sums_;                                 ///< All but `bytes`.
  std::uint64_t graph_bytes_ = 0;               ///< Of all segments.

  // Scratch of one decision, kept to avoid allocation.
  std::vector<std::uint32_t> lane_counts_, external_nodes_;
  std::vector<policy::NodeView> node_views_;
  std::vector<policy::InputView> input_views_;
  std::vector<std::vector<std::uint32_t>> holder_views_;
  std::vector<std::uint32_t> producers_;
};
}  // namespace tessera::runtime::coordinator
