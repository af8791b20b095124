/// @file
/// The live shell of `runtime::node::Core`: its lock, its lanes, its task and chunk actors. The node actor hands it what comes
/// as mail; lanes step the core themselves, so that a chain goes from one task to the next without a hop between threads.
#pragma once
#include "actors/caf.hpp"
#include "actors/chunk_actor.hpp"
#include "actors/lock.hpp"
#include "actors/runtime_thread.hpp"
#include "actors/task_actor.hpp"
#include "runtime/node/core.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_map>

namespace tessera::actors {
/// Where a node's messages go. Called with the node's lock held: must only enqueue.
struct NodeOutlets {
  std::function<void(runtime::protocol::Reports)> to_coordinator;
  std::function<void(runtime::NodeId, runtime::protocol::Message)> to_peer;
  /// Starts to fetch the chunk's bytes; the answer is `Node::pulled`.
  std::function<void(runtime::node::ChunkSlot, runtime::NodeId, runtime::ChunkId, runtime::Bytes)> pull;
};

/// Counters, for tests and benchmarks.
struct NodeCounters {
  std::uint64_t task_actors = 0, chunk_actors = 0, report_messages = 0, wakeups = 0, executed = 0;
};

class Node {
 public:
  using Delivered = std::function<void(std::optional<arrays::Payload>)>;

  Node(caf::actor_system& system, runtime::node::Config config, NodeOutlets outlets);
  ~Node();
  Node(const Node&) = delete;

  /// Another identity, given by the cluster; before any work.
  runtime::NodeId self() const { return self_; }

  void assign(std::shared_ptr<const runtime::protocol::Assign> batch);
  void name_operations(const runtime::protocol::Operations& operations);
  /// Any other message or event of the core that needs no more than the core.
  template <class... Event>
  void step(Event&&... event) {
    std::unique_lock lock(mutex_);
    core_.step(std::forward<Event>(event)..., effects_);
    perform(/*on_lane=*/false);
    flush();
  }
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

  runtime::protocol::NodeStatus status();
  NodeCounters counters();
  std::size_t tasks();
  std::size_t chunks();
  /// Lets running operations return (their stop tokens are raised), joins the lanes, ends all actors. Idempotent.
  void stop();

 private:
  using Lock = std::unique_lock<ShortMutex>;
  void lane_main(std::uint32_t lane);
  void run_one(Lock& lock, caf::execution_unit& lane);
  void prepare(runtime::node::TaskSlot slot);
  void finish(runtime::node::TaskSlot slot, arrays::Outcome outcome, runtime::Duration took);
  void perform(bool on_lane);
  void flush();
  void perform(runtime::node::SpawnTask& effect);
  void perform(runtime::node::RunTask& effect);
  void perform(runtime::node::StopTask& effect);
  void perform(runtime::node::KeepResult& effect);
  void perform(runtime::node::EndTask& effect);
  void perform(runtime::node::AdoptValue& effect);
  void perform(runtime::node::StartPull& effect);
  void perform(runtime::node::FreeChunk& effect);
  void perform(runtime::node::SendOffer& effect);
  void perform(runtime::node::Deliver& effect);
  void perform(runtime::node::DeliverNothing& effect);
  void perform(runtime::node::ToPeer& effect);
  void keep(runtime::node::ChunkSlot slot, arrays::Payload payload);

  caf::actor_system& system_;
  runtime::NodeId self_;
  runtime::Bytes value_max_;
  NodeOutlets outlets_;
  ShortMutex mutex_;
  std::condition_variable_any wake_;
  runtime::node::Core core_;
  runtime::node::Effects effects_;
  std::vector<SlimHandle<TaskActor>> task_actors_;
  std::vector<SlimHandle<ChunkActor>> chunk_actors_;
  std::deque<runtime::node::TaskSlot> run_queue_;
  std::unordered_map<std::uint32_t, std::vector<std::pair<const arrays::Operation*, std::string>>> operations_;  ///< By job.
  std::unordered_map<std::uint64_t, Delivered> asked_;
  std::uint64_t next_token_ = 1;
  std::uint32_t idle_lanes_ = 0;
  bool stopping_ = false;
  std::vector<runtime::protocol::Reports> reports_;
  NodeCounters counters_;
  arrays::Outcome finished_result_;      ///< Of the task whose `KeepResult` is about to be performed.
  std::vector<std::thread> lanes_;
};
}  // namespace tessera::actors
