/// @file
/// The live shell of `runtime::node::Core`: its lock, its lanes, its task and chunk actors. The node actor hands it what comes
/// as mail; lanes step the core themselves, so that a chain goes from one task to the next without a hop between threads.
#pragma once
#include "actors/caf.hpp"
#include "actors/chunk_actor.hpp"
#include "actors/idle.hpp"
#include "actors/lane_cores.hpp"
#include "actors/lock.hpp"
#include "actors/memory_log.hpp"
#include "actors/memory_meter.hpp"
#include "actors/runtime_thread.hpp"
#include "actors/task_actor.hpp"
#include "arrays/memory/arena.hpp"
#include "runtime/node/core.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace tessera::actors {
/// Where a node's messages go. Called with the node's lock held: must only enqueue.
struct NodeOutlets {
  std::function<void(runtime::protocol::Reports)> to_coordinator;
  std::function<void(runtime::NodeId, runtime::protocol::Message)> to_peer;
  /// Starts to fetch the chunk's bytes; the answer is `Node::pulled`.
  std::function<void(runtime::ChunkId, const runtime::node::StartPull&)> pull;
  /// What `Node::provide` did not have yet is there now, or gone.
  std::function<void()> provided;
};

/// What a node has of its machine.
struct NodeMachine {
  std::unique_ptr<Disk> disk;             ///< None: chunks stay in memory.
  std::unique_ptr<MemoryLog> memory_log;  ///< May be none.
  bool is_simulated = false;              ///< Lanes are no threads, but driven by who made it; the process is not measured.
};

/// Counters, for tests and benchmarks.
struct NodeCounters {
  std::uint64_t task_actors = 0, chunk_actors = 0, report_messages = 0, wakeups = 0, executed = 0;
  std::uint64_t spill_written = 0, spill_read = 0;  ///< Bytes.
  runtime::Bytes booked_peak;                       ///< The most that chunks and reservations took.
};

class Node {
  using Lock = std::unique_lock<ShortMutex>;

 public:
  using Delivered = std::function<void(std::optional<arrays::Payload>)>;

  Node(caf::actor_system& system, runtime::node::Config config, NodeOutlets outlets, NodeMachine machine = {});
  ~Node();
  Node(const Node&) = delete;

  /// Another identity, given by the cluster; before any work.
  runtime::NodeId self() const { return self_; }

  void assign(std::shared_ptr<const runtime::protocol::Assign> batch);
  void name_operations(const runtime::protocol::Operations& operations);
  /// Any other message or event of the core that needs no more than the core.
  template <class... Event>
  void step(Event&&... event) {
    Lock lock(mutex_);
    if (stopping_) return;
    const std::size_t of_lanes = core_.reports();  // They send theirs: a batch that answers each of them would never let two gather.
    core_.step(std::forward<Event>(event)..., effects_);
    perform(/*on_lane=*/false);
    if (core_.reports() > of_lanes) flush();
    tidy(lock);
  }
  /// A peer has a chunk that was asked for, and sends it along if it is small.
  void offered(runtime::NodeId from, const runtime::protocol::Offer& offer);
  /// Keeps data of the program as a chunk.
  void put(const runtime::ChunkId& chunk, arrays::Payload payload);
  /// Calls `done` once, with the value or with nothing if `holder` has it no more; perhaps before it returns.
  std::uint64_t ask(const runtime::ChunkId& chunk, runtime::NodeId holder, Delivered done);
  /// `done` of that `ask` will not be called any more.
  void unask(const runtime::ChunkId& chunk, std::uint64_t token);
  /// Answers `NodeOutlets::pull`.
  void pulled(runtime::node::ChunkSlot slot, std::optional<arrays::Payload> payload);
  /// The value if it is in memory here.
  std::optional<arrays::Payload> find(const runtime::ChunkId& chunk);
  /// For a peer that pulls it, until `Served`. Nothing while it comes from disk: `NodeOutlets::provided` follows; a payload without bytes
  /// where it is not here.
  std::optional<runtime::SharedBytes> provide(const runtime::ChunkId& chunk);
  /// Compares what the process really takes with the ledger; about once a second.
  void measure();

  /// What one lane has in hand. Its thread has one; in simulation who drives the lane.
  class Lane {
   public:
    explicit Lane(Node& node) : unit_(&node.system_) {}

   private:
    friend class Node;
    caf::scoped_execution_unit unit_;
    runtime::node::TaskSlot task_ = runtime::node::nil;
    bool is_short_ = false;
    std::int64_t began_ns_ = 0;
    SlimHandle<TaskActor> actor_;
    std::vector<SlimHandle<TaskActor>> ended_;
  };
  /// Does all that there is to do but to compute, and takes a task if one is queued: `compute` is to follow.
  const Work* take(Lane& lane);
  /// Runs the operation in hand and hands its result in.
  void compute(Lane& lane);

  /// Whether the calling thread is one of its lanes.
  bool is_lane() const;
  /// By operation as of the last walk over all chunks, where there are many: it takes a hundredth of the time at most.
  runtime::protocol::NodeStatus status();
  /// Without `operations`. O(1).
  runtime::protocol::NodeStatus totals();
  NodeCounters counters();
  std::size_t tasks();
  std::size_t chunks();
  /// Of tasks and chunks, those included that are about to end.
  std::size_t actors();
  /// Aborts where the core contradicts itself. Walks over all that it has.
  void check();
  /// Lets running operations return (their stop tokens are raised), joins the lanes, ends all actors. Idempotent;
  /// what comes later changes nothing and finds nothing.
  void stop();

 private:
  /// An operation of a job.
  struct Named {
    const arrays::Operation* operation = nullptr;
    std::string name;
    bool is_short = false;  ///< As it ran last; not before.
  };

  std::int64_t now_ns() const { return actors::now_ns(clock_); }
  void lane_main(std::uint32_t number);
  /// Unlocked with a task in hand, or locked with nothing to do.
  bool take(Lock& lock, Lane& lane);
  void take_first(Lane& lane);
  /// Comes without the lock and goes with it.
  void compute(Lock& lock, Lane& lane);
  Named* named(const runtime::node::TaskView& task);
  runtime::node::Need need_of(const runtime::node::TaskView& task);
  arrays::Extent extent_of(runtime::node::ChunkSlot slot) const;
  /// Is it one that was short before?
  bool prepare(runtime::node::TaskSlot slot);
  void finish(runtime::node::TaskSlot slot, arrays::Outcome outcome, runtime::Bytes size, runtime::Duration took, runtime::Instant ended);
  /// Ends what is over, outside of the lock.
  void tidy(Lock& lock);
  void end_actors(Lock& lock, std::vector<SlimHandle<TaskActor>>& ended);
  void perform(bool on_lane);
  void flush();
  void let_arena_follow();
  void perform(runtime::node::SpawnTask& effect);
  void perform(runtime::node::RunTask& effect);
  void perform(runtime::node::StopTask& effect);
  void perform(runtime::node::KeepResult& effect);
  void perform(runtime::node::EndTask& effect);
  void perform(runtime::node::AdoptValue& effect);
  void perform(runtime::node::StartPull& effect);
  void perform(runtime::node::FreeChunk& effect);
  void perform(runtime::node::Spill& effect);
  void perform(runtime::node::Unload& effect);
  void perform(runtime::node::Load& effect);
  void perform(runtime::node::Provided& effect);
  void perform(runtime::node::SendOffer& effect);
  void perform(runtime::node::Deliver& effect);
  void perform(runtime::node::DeliverNothing& effect);
  void perform(runtime::node::ToPeer& effect);
  void keep(runtime::node::ChunkSlot slot, arrays::Payload payload);
  void keep(runtime::node::ChunkSlot slot, SlimHandle<ChunkActor> chunk);
  std::string name_of(runtime::JobId job, runtime::OperationId operation) const;
  MemorySample sample() const;
  void note_kept(runtime::node::ChunkSlot slot);
  void log(MemoryEvent::Kind kind, runtime::node::ChunkSlot slot, runtime::Duration took = {});
  void on_disk_thread(runtime::node::ChunkSlot slot, const runtime::ChunkId& chunk, bool is_load);
  void disk_ended(runtime::node::ChunkSlot slot, const SlimHandle<ChunkActor>& actor, bool is_load, bool dropped,
                  runtime::Duration took);

  caf::actor_system& system_;
  const caf::actor_clock& clock_;
  const bool is_simulated_;
  runtime::NodeId self_;
  runtime::Bytes value_max_;
  NodeOutlets outlets_;
  ShortMutex mutex_;
  Idle idle_;                                 ///< Lanes.
  LaneCores lane_cores_;
  std::condition_variable_any freed_;         ///< The disk has done something.
  runtime::node::Core core_;
  runtime::node::Effects effects_;
  std::vector<SlimHandle<TaskActor>> task_actors_;
  std::vector<SlimHandle<ChunkActor>> chunk_actors_;
  std::deque<runtime::node::TaskSlot> run_queue_;
  std::unordered_map<std::uint32_t, std::vector<Named>> operations_;  ///< By job.
  std::unordered_map<std::uint64_t, Delivered> asked_;
  std::uint64_t next_token_ = 1;
  bool stopping_ = false;
  std::size_t computing_ = 0;                 ///< Lanes.
  std::vector<runtime::protocol::Reports> reports_;
  NodeCounters counters_;
  SlimHandle<ChunkActor> finished_;      ///< Of the task whose `KeepResult` is about to be performed.
  std::vector<SlimHandle<TaskActor>> ended_;  ///< Their tasks are over; whoever unlocks next ends them.
  std::vector<arrays::Payload> unloaded_;     ///< Their memory goes outside of the lock.
  runtime::Bytes unloading_;                  ///< Theirs, until it is gone.
  /// What the event under way brings: the core may ask for its extent before it is kept.
  struct Arriving { runtime::ChunkId chunk; const arrays::Payload* payload; };
  std::optional<Arriving> arriving_;
  std::vector<arrays::Extent> extents_;       ///< Scratch of `need_of`.
  struct DiskFailure { runtime::node::ChunkSlot chunk; bool is_load; };
  std::vector<DiskFailure> refused_;          ///< Orders that the disk did not take.
  MemoryMeter meter_;
  runtime::Bytes kept_max_ = arrays::memory::kept_max_default;
  runtime::Bytes base_;                       ///< What the process took before any work.
  std::uint64_t made_bytes_ = 0;              ///< By tasks since the process was measured; after so many it is measured again.
  std::uint64_t measure_bytes_ = 1;
  std::uint64_t disk_bytes_ = 0;              ///< Spilled and loaded since malloc was asked to give back what it keeps.
  std::vector<runtime::protocol::OperationStatus> operations_status_;  ///< As of the last walk.
  std::int64_t walked_at_ns_ = 0, walk_ns_ = 0;
  /// What the log says of a chunk, as the core has forgotten it when it goes.
  struct Logged {
    runtime::Key key;
    runtime::Bytes size;                      ///< 0: the log does not tell of it.
    std::uint32_t operation = 0;
  };
  std::vector<Logged> logged_;                ///< By chunk; empty without a log.
  std::unique_ptr<MemoryLog> log_;
  std::unique_ptr<Disk> disk_;                ///< May be none.
  std::vector<std::thread> lanes_;
};
}  // namespace tessera::actors
