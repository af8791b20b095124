/// @file
/// A cluster in virtual time: the cores of the coordinator and of the nodes that run live, joined by events. Same workload,
/// machines and seed give the same run.
#pragma once
#include "runtime/base/flat_map.hpp"
#include "runtime/coordinator/core.hpp"
#include "runtime/node/core.hpp"
#include "simulation/engine/network.hpp"
#include "simulation/workload.hpp"

#include <array>
#include <map>
#include <memory>
#include <queue>
#include <variant>
#include <vector>

namespace tessera::simulation {
/// What a run came to.
struct Outcome {
  bool is_done = false;       ///< All that is wanted is there.
  std::string why;            ///< Else the first failure, in words.
  Bytes peak;                 ///< The most that a process took: chunks, what is reserved, and the process itself.
  Bytes peak_chunks;          ///< Without the process itself.
  Bytes read, moved;          ///< From outside; between nodes.
  Bytes spilled, loaded;      ///< To and from disk.
  Duration makespan;
  std::uint64_t executions = 0, transfers = 0;
  runtime::policy::NonsenseCounts nonsense;  ///< Of the policy; it was left out.
  std::string thrown;         ///< By the policy; then the coordinator placed what was left.
};

/// One run. O(tasks log tasks).
class World {
 public:
  World(const Workload& workload, const Machines& machines);
  Outcome run();

 private:
  using NodeId = runtime::NodeId;
  struct Message { NodeId from, to; runtime::protocol::Message what; };
  struct LaneEnds { NodeId node; runtime::node::TaskSlot task; };
  struct DiskEnds { NodeId node; runtime::node::ChunkSlot chunk; bool is_load; Duration took; };
  struct PullEnds { NodeId to; runtime::node::ChunkSlot chunk; NodeId from; };
  struct PullStarts { NodeId to; runtime::node::ChunkSlot chunk; NodeId from; runtime::memory::Rank rank; double left; };  ///< MiB.
  struct NetworkMoves { std::uint64_t change; };  ///< Out of date if it is not `network_change_`.
  struct Second {};
  using Happening = std::variant<Message, LaneEnds, DiskEnds, PullEnds, PullStarts, NetworkMoves, Second>;
  struct Entry {
    runtime::Instant at;
    std::uint64_t order;
    std::uint32_t place;      ///< In `happenings_`.
    friend bool operator<(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };
  /// From one source to one target: by rank, as the wire asks for pieces. The first is under way.
  struct Way { std::vector<PullStarts> pulls; engine::Flow flow = 0; };
  struct Node {
    std::unique_ptr<runtime::node::Core> core;
    Machine machine;
    std::array<runtime::Instant, 2> disk_free;  ///< Of each of its threads.
  };

  void add_node(const Machine& machine);
  void scatter();
  void put(const runtime::Key& key, const External& what);
  void submit();
  void after(Duration delay, Happening what);
  Happening next();
  void happen(Message& message);
  void happen(LaneEnds& one);
  void happen(DiskEnds& one);
  void happen(PullStarts& one);
  void provided(NodeId from, const runtime::ChunkId& chunk);
  void happen(PullEnds& one);
  void happen(NetworkMoves& one);
  void move_network(double until);
  void start_flow(Way& way);
  void await_network();
  void happen(Second&);
  template <class... Event>
  void feed_coordinator(Event&&... event);
  template <class... Event>
  void feed(NodeId node, Event&&... event);
  void perform(NodeId node);
  void perform(NodeId id, Node& node, runtime::node::Effect& effect);
  void tell(const runtime::protocol::Message& message);
  Node& at(NodeId node) { return nodes_[node.value - 1]; }
  const TaskCost& cost_of(const runtime::Key& key) const;
  double factor_of(const runtime::Key& key) const;
  Duration time_of(Bytes bytes, double speed) const { return {static_cast<std::int64_t>(static_cast<double>(bytes.value) / speed * 1e9)}; }

  const Workload& workload_;
  const Machines& machines_;
  runtime::FlatMap<runtime::Key, std::uint32_t, 0xFFFFFFFFu> task_of_;
  runtime::coordinator::Core coordinator_;
  std::vector<Node> nodes_;   ///< Node `i` is called `i + 1`, and so is the client that sits on it.
  std::priority_queue<Entry> queue_;
  std::vector<Happening> happenings_;
  std::vector<PullStarts> early_;    ///< Of what comes from disk.
  std::unique_ptr<engine::Network> network_;
  double network_now_ = 0;           ///< Seconds.
  std::uint64_t network_change_ = 0;
  std::vector<std::pair<NodeId, NodeId>> flows_;             ///< Source and target.
  std::map<std::pair<NodeId, NodeId>, Way> ways_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
  runtime::Instant now_, last_;
  runtime::Instant coordinator_free_;
  runtime::coordinator::Effects coordinator_effects_;
  runtime::node::Effects node_effects_;
  std::vector<runtime::protocol::Reports> reports_;
  std::vector<bool> ended_;   ///< By wanted.
  runtime::FlatMap<runtime::Key, std::uint32_t, 0xFFFFFFFFu> wanted_;
  std::size_t open_ = 0;
  Outcome outcome_;
};
}  // namespace tessera::simulation
