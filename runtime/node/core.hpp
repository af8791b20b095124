/// @file
/// Decides for one node: which attempts run when and where their inputs come from, what is admitted into memory, what is
/// kept, sent and freed. Pure: same configuration and events give the same effects.
#pragma once
#include "runtime/chunk/lifecycle.hpp"
#include "runtime/memory/ledger.hpp"
#include "runtime/protocol/messages.hpp"
#include "runtime/task/execution.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace tessera::runtime::node {
/// Places in the node's tables; the shell keeps its actors in arrays beside them.
using TaskSlot = std::uint32_t;
using ChunkSlot = std::uint32_t;
inline constexpr std::uint32_t nil = 0xFFFFFFFFu;

struct Config {
  NodeId self;
  std::uint32_t lanes = 1;
  Bytes limit = gib(1);
  std::vector<std::pair<std::string, std::int64_t>> resources;
  Bytes value_max = kib(4);   ///< Values up to this size travel inside control messages.
  int patience_ticks = 3;     ///< Ticks until a wait that nothing here can end is given up.
};

// Events besides the protocol's messages.
struct LaneFinished { TaskSlot task; Bytes size; Duration took; std::optional<protocol::Bytestring> value; };
struct LaneErrored { TaskSlot task; protocol::Blame blame; };
struct LaneDelegated { TaskSlot task; std::shared_ptr<const graph::Graph> graph; graph::Index result; };
struct Put { ChunkId chunk; Bytes size; };                ///< The program's own data; it is in memory already.
struct Ask { ChunkId chunk; NodeId holder; std::uint64_t token; };  ///< The program wants a value.
struct Unask { ChunkId chunk; std::uint64_t token; };
struct Pulled { ChunkSlot chunk; bool ok = false; };      ///< Answers `StartPull`.
struct PeerLost { NodeId node; };
struct JobEnded { JobId job; };
struct Tick {};                                           ///< About once a second.

// Effects. `task` and `chunk` are slots that stay taken until the effect that ends them.
struct SpawnTask { TaskSlot task; };                      ///< An attempt came; its actor begins.
struct RunTask { TaskSlot task; };                        ///< On a lane; answered by one of the `Lane…` events.
struct StopTask { TaskSlot task; };                       ///< Raise its stop token.
struct KeepResult { TaskSlot task; ChunkSlot chunk; };    ///< The result becomes the chunk; the task's actor ends.
struct EndTask { TaskSlot task; };                        ///< Its actor ends; a result is thrown away.
struct AdoptValue { ChunkSlot chunk; protocol::Bytestring value; std::string type; };
struct StartPull { ChunkSlot chunk; NodeId from; Bytes size; std::string type; };
struct FreeChunk { ChunkSlot chunk; };
struct SendOffer { ChunkSlot chunk; NodeId to; };         ///< With the value itself if it is small.
struct Deliver { ChunkSlot chunk; std::uint64_t token; }; ///< Answers `Ask`.
struct DeliverNothing { std::uint64_t token; };           ///< Answers `Ask`: the holder has it no more.
struct ToPeer { NodeId node; protocol::Message message; };
using Effect = std::variant<SpawnTask, RunTask, StopTask, KeepResult, EndTask, AdoptValue, StartPull, FreeChunk, SendOffer,
                            Deliver, DeliverNothing, ToPeer>;
using Effects = std::vector<Effect>;

/// What the shell needs of an attempt to run it.
struct TaskView {
  ChunkId id;
  Attempt attempt;
  OperationId operation;
  std::span<const ChunkSlot> inputs;
  std::span<const std::byte> params;
  bool report_value = false;
};

/// One node. Work is bounded by what the event touches, except after the loss of a peer or the end of a job.
class Core {
 public:
  explicit Core(Config config);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void step(std::shared_ptr<const protocol::Assign> event, Effects& out);
  void step(const protocol::Withdraw& event, Effects& out);
  void step(const protocol::Drop& event, Effects& out);
  void step(const protocol::Redirect& event, Effects& out);
  void step(NodeId from, const protocol::Want& event, Effects& out);
  void step(NodeId from, const protocol::Unwant& event, Effects& out);
  void step(NodeId from, const protocol::Offer& event, Effects& out);
  void step(NodeId from, const protocol::Absent& event, Effects& out);
  void step(LaneFinished event, Effects& out);
  void step(LaneErrored event, Effects& out);
  void step(LaneDelegated event, Effects& out);
  void step(const Put& event, Effects& out);
  void step(const Ask& event, Effects& out);
  void step(const Unask& event, Effects& out);
  void step(const Pulled& event, Effects& out);
  void step(const PeerLost& event, Effects& out);
  void step(const JobEnded& event, Effects& out);
  void step(const Tick& event, Effects& out);

  /// Reports that no `take_reports` has taken yet, and whether somebody waits for one of them.
  std::size_t reports() const { return report_count_; }
  bool urgent() const { return urgent_; }
  /// Moves the reports out, one message for each job.
  void take_reports(std::vector<protocol::Reports>& out);

  TaskView view(TaskSlot task) const;
  /// The chunk's slot if it is in memory, else `nil`. O(1) expected.
  ChunkSlot find_resident(const ChunkId& id) const;
  const ChunkId& id_of(ChunkSlot chunk) const { return chunks_[chunk].id; }
  Bytes size_of(ChunkSlot chunk) const { return chunks_[chunk].size; }
  std::uint32_t running() const { return running_; }
  std::size_t queued() const { return queue_.size(); }
  std::size_t chunks() const { return index_.size(); }
  std::size_t tasks() const { return task_count_; }
  const memory::Ledger& ledger() const { return ledger_; }
  protocol::NodeStatus status() const;
  /// Asserts every invariant. O(tasks + chunks).
  void check() const;

 private:
  enum class Here : std::uint8_t { absent, filling, resident };
  struct Chunk {
    ChunkId id;
    Bytes size;
    Here here = Here::absent;
    TaskSlot task = nil;               ///< The attempt that makes it on this node.
    Attempt attempt;                   ///< That made it on this node; 0 for copies and put data.
    Bytes pulling;                     ///< Reserved for a pull that has not answered yet; 0 where there is none.
    bool pull_open = false;
    NodeId source = no_node;           ///< Whom we asked for it.
    std::uint32_t pins = 0;            ///< Inputs of attempts that name it: it is not freed under them.
    int patience = 0;                  ///< Ticks since peers wait for it while nothing here makes it.
    bool dropped = false;              ///< Free it when the last pin goes.
    std::string type;
    std::vector<TaskSlot> waiters;     ///< Attempts that lack it.
    std::vector<NodeId> wanters;       ///< Peers that asked before it existed.
    std::vector<std::uint64_t> askers;
  };
  struct Task {
    task::execution::Phase phase = task::execution::Phase::ended;
    ChunkSlot chunk = nil;
    std::shared_ptr<const protocol::Assign> batch;
    std::uint32_t index = 0;           ///< In `batch->tasks`.
    std::uint32_t params_begin = 0;    ///< In `batch->params`.
    std::uint32_t missing = 0;
    Bytes reserved;
    std::vector<ChunkSlot> inputs;
    const protocol::Assignment& what() const { return batch->tasks[index]; }
  };
  struct Queued {
    std::int32_t priority;
    TaskSlot task;
    std::uint64_t rank;
    friend bool operator<(const Queued& a, const Queued& b) {
      if (a.priority != b.priority) return a.priority < b.priority;
      if (a.rank != b.rank) return a.rank > b.rank;
      return a.task > b.task;
    }
  };
  struct Learnt { Bytes output; };

  // attempts.cpp
  void begin(std::shared_ptr<const protocol::Assign> batch, std::uint32_t index, std::uint32_t first_input,
             std::uint32_t params_begin, Effects& out);
  void admit(TaskSlot task, Effects& out);
  void granted(TaskSlot task, Effects& out);
  void end(TaskSlot task, Effects& out, bool with_result);
  void refuse(TaskSlot task, protocol::Blame blame, Effects& out);
  void give_up_input(ChunkSlot chunk, NodeId holder, Effects& out);
  void withdraw(TaskSlot task, Effects& out);
  void fill_lanes(Effects& out);
  bool take_resources(const Task& task);
  void return_resources(const Task& task);
  void lane_ended(TaskSlot task);
  void unpin_inputs(TaskSlot task, Effects& out);
  void move(Task& task, task::execution::Trigger trigger);

  // chunks.cpp
  ChunkSlot find(const ChunkId& id) const;
  ChunkSlot find_or_add(const ChunkId& id);
  void became_resident(ChunkSlot chunk, Effects& out);
  void fetch(ChunkSlot chunk, NodeId holder, Effects& out);
  void unfetch(ChunkSlot chunk, Effects& out);
  void lost_source(ChunkSlot chunk, Effects& out);
  void free_if_idle(ChunkSlot chunk);
  void drop(ChunkSlot chunk, Effects& out);
  void settle_memory(Effects& out);
  void pull(ChunkSlot chunk, Effects& out);
  memory::Rank rank_of_waiters(ChunkSlot chunk) const;

  void report(JobId job, protocol::Report report, bool urgent);
  void checked() const;

  Config config_;
  memory::Ledger ledger_;
  std::vector<Chunk> chunks_;
  std::vector<ChunkSlot> free_chunks_;
  std::unordered_map<ChunkId, ChunkSlot> index_;
  std::vector<Task> tasks_;
  std::vector<TaskSlot> free_tasks_;
  std::size_t task_count_ = 0;
  std::vector<Queued> queue_;             ///< A heap.
  std::vector<Queued> lacking_resources_; ///< Popped, but a resource is taken; back into the queue when one is returned.
  std::uint32_t running_ = 0;
  std::vector<std::int64_t> resources_free_;
  std::unordered_map<std::uint64_t, Learnt> learnt_;  ///< By (job, operation).
  std::vector<std::pair<JobId, std::vector<protocol::Report>>> reports_;
  std::size_t report_count_ = 0;
  bool urgent_ = false;
  std::vector<ChunkSlot> awaited_;        ///< Chunks that peers wanted before they were here; looked at in each tick.
  std::uint64_t progress_ = 0, progress_at_tick_ = 0;
  int stuck_ticks_ = 0;
  std::vector<memory::RequestId> granted_;
};
}  // namespace tessera::runtime::node
