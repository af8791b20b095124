/// @file
/// Decides for one node: which attempts run when and where their inputs come from, what is admitted into memory, what is
/// kept, sent and freed. Pure: same configuration and events give the same effects.
#pragma once
#include "runtime/base/slot_index.hpp"
#include "runtime/base/slots.hpp"
#include "runtime/chunk/lifecycle.hpp"
#include "runtime/memory/eviction.hpp"
#include "runtime/memory/ledger.hpp"
#include "runtime/protocol/messages.hpp"
#include "runtime/task/execution.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace tessera::runtime::node {
/// Places in the node's tables; the shell keeps its actors in arrays beside them.
using TaskSlot = std::uint32_t;
using ChunkSlot = std::uint32_t;
inline constexpr std::uint32_t nil = 0xFFFFFFFFu;

/// Memory that an attempt allocates by itself while it runs.
struct Need {
  Bytes output, scratch;
  bool is_declared = false;   ///< Else the output is learnt from those before.
};

/// How far what a process takes may run ahead of its measurement, for each limit (docs/memory.md).
constexpr Bytes margin_of(Bytes limit) { return {limit.value / 12}; }

struct TaskView;
struct Config {
  NodeId self;
  std::uint32_t lanes = 1;
  Bytes limit = gib(1);
  Bytes margin;               ///< Part of the limit for what the process takes and nobody has measured yet.
  std::vector<std::pair<std::string, std::int64_t>> resources;
  Bytes value_max = kib(4);   ///< Values up to this size travel inside control messages.
  int patience_ticks = 3;     ///< Ticks until a wait that nothing here can end is given up.
  bool spills = false;        ///< There is a folder for it.
  std::function<Need(const TaskView&)> need;  ///< What the operation declares. Called once for an attempt, when its turn comes.
};

// Events besides the protocol's messages.
struct LaneFinished { TaskSlot task; Bytes size; Duration took; std::optional<protocol::Bytestring> value; Instant ended = {}; };
struct LaneErrored { TaskSlot task; protocol::Blame blame; Duration took = {}; Instant ended = {}; };
struct LaneDelegated { TaskSlot task; std::shared_ptr<const graph::Graph> graph; graph::Index result; Duration took = {}; Instant ended = {}; };
struct Put { ChunkId chunk; Bytes size; };                ///< The program's own data; it is in memory already.
struct Ask { ChunkId chunk; NodeId holder; std::uint64_t token; };  ///< The program wants a value.
struct Unask { ChunkId chunk; std::uint64_t token; };
struct Pulled { ChunkSlot chunk; bool ok = false; };      ///< Answers `StartPull`.
struct Spilled { ChunkSlot chunk; bool ok = false; Duration took; std::string why; };  ///< Answers `Spill`.
struct Loaded { ChunkSlot chunk; bool ok = false; Duration took; };  ///< Answers `Load`; not ok: the file is no good (M4).
struct Provide { ChunkId chunk; };                        ///< A peer pulls it: it comes into memory (`Provided`) and stays until `Served`.
struct Served { ChunkId chunk; };                         ///< That peer has asked for the last of it.
/// What the whole process takes, and what of it are blocks that somebody holds, where that is known.
struct Measured { Bytes resident_set; std::optional<Bytes> blocks = {}; };
struct PeerLost { NodeId node; };
struct Tick {};                                           ///< About once a second.

// Effects. `task` and `chunk` are slots that stay taken until the effect that ends them.
struct SpawnTask { TaskSlot task; };                      ///< An attempt came; its actor begins.
struct RunTask { TaskSlot task; };                        ///< On a lane; answered by one of the `Lane…` events.
struct StopTask { TaskSlot task; };                       ///< Raise its stop token.
struct KeepResult { TaskSlot task; ChunkSlot chunk; };    ///< The result becomes the chunk; the task's actor ends.
struct EndTask { TaskSlot task; };                        ///< Its actor ends; a result is thrown away.
struct AdoptValue { ChunkSlot chunk; protocol::Bytestring value; std::string type; };
/// `rank` is that of the first attempt that lacks it: of one source, pulls of a lower rank come first, also before the rest of one that has begun.
struct StartPull { ChunkSlot chunk; NodeId from; Bytes size; std::string type; memory::Rank rank; };
struct FreeChunk { ChunkSlot chunk; };                    ///< In memory and on disk.
struct Spill { ChunkSlot chunk; };                        ///< Write it to disk; it stays in memory meanwhile.
struct Unload { ChunkSlot chunk; };                       ///< The file is whole: its memory goes.
struct Load { ChunkSlot chunk; };                         ///< Memory for it is reserved.
struct Provided { ChunkId chunk; };                       ///< After `Provide` of what was on disk: it is in memory, or here no more.
struct SendOffer { ChunkSlot chunk; NodeId to; };         ///< With the value itself if it is small.
struct Deliver { ChunkSlot chunk; std::uint64_t token; }; ///< Answers `Ask`.
struct DeliverNothing { std::uint64_t token; };           ///< Answers `Ask`: the holder has it no more.
struct ToPeer { NodeId node; protocol::Message message; };
using Effect = std::variant<SpawnTask, RunTask, StopTask, KeepResult, EndTask, AdoptValue, StartPull, FreeChunk, Spill,
                            Unload, Load, Provided, SendOffer, Deliver, DeliverNothing, ToPeer>;
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
  void step(const Spilled& event, Effects& out);
  void step(const Loaded& event, Effects& out);
  void step(const Provide& event, Effects& out);
  void step(const Served& event, Effects& out);
  void step(const Measured& event, Effects& out);
  void step(const PeerLost& event, Effects& out);
  void step(const protocol::JobEnded& event, Effects& out);
  void step(const Tick& event, Effects& out);

  /// Reports that no `take_reports` has taken yet, and whether somebody waits for one of them.
  std::size_t reports() const { return report_count_; }
  bool urgent() const { return urgent_; }
  /// Moves the reports out, one message for each job.
  void take_reports(std::vector<protocol::Reports>& out);

  TaskView view(TaskSlot task) const;
  /// The chunk's slot if it is in memory, else `nil`. O(1) expected.
  ChunkSlot find_resident(const ChunkId& id) const;
  /// Whether it is here, in memory or on disk.
  bool has(const ChunkId& id) const;
  const ChunkId& id_of(ChunkSlot chunk) const { return chunks_[chunk].id; }
  Bytes size_of(ChunkSlot chunk) const { return chunks_[chunk].size; }
  std::uint32_t running() const { return running_; }
  std::size_t queued() const { return queue_.size() + readers_.size(); }
  /// Spills and loads under way.
  std::uint32_t disk_jobs() const { return disk_jobs_; }
  std::size_t chunks() const { return index_.size(); }
  std::size_t tasks() const { return task_count_; }
  const memory::Ledger& ledger() const { return ledger_; }
  /// Without `operations`.
  protocol::NodeStatus status() const;
  using NameOf = std::function<std::string(JobId, OperationId)>;
  /// Whose memory is whose: bytes of all entries add up to those of `status`. In no order. O(chunks + tasks).
  std::vector<protocol::OperationStatus> by_operation(const NameOf& name_of) const;
  /// The name of the entry that the chunk's bytes are in.
  std::string made_by(ChunkSlot chunk, const NameOf& name_of) const;
  /// What a walk over all chunks meets.
  std::size_t chunk_slots() const { return chunks_.size(); }
  /// Asserts every invariant. O(tasks + chunks).
  void check() const;

 private:
  enum class Here : std::uint8_t { absent, filling, resident, spilling, spilled, loading };
  /// Which operation made a chunk on this node: a place in `makers_`.
  using Maker = std::uint16_t;
  static constexpr Maker by_program = 0, by_others = 0xFFFF;
  struct Chunk {
    ChunkId id;
    Bytes size;
    Bytes incoming;                    ///< Reserved for a pull or a load that has not answered yet; 0 where there is none.
    std::uint64_t rank = 0;            ///< Of the attempt that made it, and its priority.
    std::int32_t priority = 0;
    Duration again;                    ///< What making it again takes, with all that it is made of: `endless` where that was not all made here. Of what was made here.
    TaskSlot task = nil;               ///< The attempt that makes it on this node.
    Attempt attempt;                   ///< That made it on this node; 0 for copies and put data.
    NodeId source = no_node;           ///< Whom we asked for it.
    std::uint32_t mark = 0;            ///< Of the last walk that met it.
    std::uint32_t pins = 0;            ///< Inputs of attempts that name it: it is not freed under them.
    std::uint32_t locks = 0;           ///< Those of attempts that have all they need: it stays in memory under them.
    std::uint8_t uses = protocol::many_uses;  ///< Tasks that still need it, as the coordinator told; with the last one it goes.
    std::int16_t offered_ticks = 0;    ///< Ticks that it stays in memory for a peer that pulls it.
    std::int16_t patience = 0;         ///< Ticks since peers wait for it while nothing here makes it.
    Here here = Here::absent;
    protocol::Eviction eviction = protocol::Eviction::never;
    bool pull_open = false;
    bool on_disk = false;              ///< Its file is whole; it is never written twice.
    bool is_ahead = false;             ///< Read for attempts here of which none has begun.
    bool is_pulled = false;            ///< By a peer: it stays in memory until it is served, or `offered_ticks` are over.
    bool is_copy = false;              ///< Another node has it, too, or had when it came.
    bool load_asked = false;           ///< A request of its own, not of an attempt, waits for memory.
    bool dropped = false;              ///< Free it when the last pin goes.
    bool has_inputs = false;           ///< The attempt that made it had.
    Maker maker = by_program;          ///< In two bytes that no other member needs: a million chunks are walked over.
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
    std::uint32_t missing = 0;         ///< Inputs that are not here.
    std::uint32_t loads = 0;           ///< Inputs that come from disk.
    Need need;                         ///< As declared.
    bool has_need = false;             ///< It was asked for.
    Bytes reserved;
    Bytes output;                      ///< Its part for the output.
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
  struct IdOf {
    const Slots<Chunk>* chunks;
    const ChunkId& operator()(ChunkSlot chunk) const { return (*chunks)[chunk].id; }
  };
  /// Requests of chunks and of tasks share one ledger; this bit tells them apart.
  static constexpr memory::RequestId chunk_bit = 1ull << 32;
  /// Half of what there is, so that a sum of two is no overflow.
  static constexpr Duration endless{std::numeric_limits<std::int64_t>::max() / 2};
  static constexpr memory::Rank most_urgent{0, std::numeric_limits<std::int32_t>::max()};
  struct Learnt {
    Bytes output;
    std::uint64_t done = 0;
    Maker maker = by_program;          ///< Until the first result.
  };
  /// Of one direction of the disk: a mean over the last tens of MiB.
  struct DiskSpeed {
    Bytes bytes = mib(1);
    Duration took = milliseconds(1);   ///< Until it has done something.
    void record(Bytes size, Duration time);
    Duration expected(Bytes size) const;
  };
  static bool is_here(Here here) { return here != Here::absent && here != Here::filling; }
  static bool is_in_memory(Here here) { return here == Here::resident || here == Here::spilling; }

  // attempts.cpp
  void begin(std::shared_ptr<const protocol::Assign> batch, std::uint32_t index, std::uint32_t first_input,
             std::uint32_t params_begin, Effects& out);
  void enqueue(TaskSlot task);
  void inputs_here(TaskSlot task);
  bool admit(TaskSlot task, Effects& out);
  void granted(TaskSlot task, Effects& out);
  void take_hold(TaskSlot task, Effects& out);
  void prepared(TaskSlot task);
  void start_prepared(Effects& out);
  void put_back(TaskSlot task);
  void try_another(Effects& out);
  bool reads(const Task& task) const;
  void take_from_queues(TaskSlot task);
  bool must_follow(TaskSlot reader);
  std::vector<Queued>* next_queue();
  void follow(Chunk& chunk);
  memory::Rank rank_of(const Task& task) const { return {task.what().rank, task.what().priority}; }
  Bytes own_need(Task& task);
  Bytes inputs_need(const Task& task);
  Duration again(const Task& task, Bytes size, Duration took) const;
  void end(TaskSlot task, Effects& out, bool with_result);
  void refuse(TaskSlot task, protocol::Blame blame, Effects& out);
  void give_up_input(ChunkSlot chunk, NodeId holder, Effects& out);
  void withdraw(TaskSlot task, Effects& out);
  void fill_lanes(Effects& out);
  bool take_resources(const Task& task);
  void return_resources(const Task& task);
  void lane_ended(TaskSlot task);
  void unpin_inputs(TaskSlot task, Effects& out, bool has_locks);
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
  void pull(ChunkSlot chunk, Effects& out);
  memory::Rank rank_of_waiters(ChunkSlot chunk) const;
  void answer(ChunkSlot chunk, Effects& out);
  void refuse_pull(ChunkSlot chunk, const std::string& why, Effects& out);

  // memory.cpp
  void settle_memory(Effects& out);
  bool make_room(Effects& out);
  bool is_cheap(const Chunk& chunk) const;
  void add_victim(ChunkSlot chunk, bool is_free);
  void evict(ChunkSlot chunk, Effects& out);
  void evict_when_stuck(Effects& out);
  bool is_about_to_fit() const;
  void find_soonest();
  void load(ChunkSlot chunk, Effects& out);
  void ask_to_load(ChunkSlot chunk, Effects& out);
  void lose_file(ChunkSlot chunk, Effects& out);
  void give_back_users(ChunkSlot chunk, Effects& out);
  void refuse_stuck(Effects& out);

  // usage.cpp
  Maker learn(std::uint64_t operation, Bytes output);
  void forget_operations(JobId job);

  void report(JobId job, protocol::Report report, bool urgent);
  void checked() const;

  Config config_;
  memory::Ledger ledger_;
  Slots<Chunk> chunks_;
  std::vector<ChunkSlot> free_chunks_;
  SlotIndex<ChunkId, IdOf> index_{IdOf{&chunks_}};
  std::unordered_map<ChunkSlot, std::string> types_;  ///< Of chunks that were offered and are not pulled yet.
  std::vector<Task> tasks_;
  std::vector<TaskSlot> free_tasks_;
  std::size_t task_count_ = 0;
  std::vector<Queued> queue_;             ///< A heap.
  std::vector<Queued> readers_;           ///< A heap of those that have no large input.
  Bytes ahead_;                           ///< Of chunks that are read ahead.
  std::vector<Queued> lacking_resources_; ///< Popped, but a resource is taken; back into the queue when one is returned.
  std::vector<TaskSlot> admitting_;       ///< Wait for memory.
  std::vector<Queued> prepared_;          ///< A heap.
  std::uint32_t loading_ = 0;             ///< Attempts whose inputs come from disk.
  std::uint32_t running_ = 0;
  Bytes received_;                        ///< From other nodes.
  std::vector<std::int64_t> resources_free_;
  std::unordered_map<std::uint64_t, Learnt> learnt_;  ///< By (job, operation).
  std::vector<std::uint64_t> makers_{0};  ///< (job, operation) of each; the first is the program.
  std::vector<Maker> free_makers_;
  std::vector<std::pair<JobId, std::vector<protocol::Report>>> reports_;
  std::size_t report_count_ = 0;
  bool urgent_ = false;
  std::vector<ChunkSlot> awaited_;        ///< Chunks that peers wanted before they were here; looked at in each tick.
  std::uint64_t progress_ = 0, progress_at_tick_ = 0;
  int stuck_ticks_ = 0;
  std::vector<memory::RequestId> granted_;
  Bytes spilling_, spilled_;              ///< Being written; on disk only.
  std::uint32_t disk_jobs_ = 0;           ///< Spills and loads that have not answered.
  int disk_trouble_ticks_ = 0;            ///< Until the disk is tried again.
  std::string disk_trouble_;
  DiskSpeed writing_, reading_;
  Bytes base_overhead_;                   ///< Margin, and the least that the process took when it held no chunk.
  bool is_measured_ = false;
  std::vector<memory::Soonest> soonest_;  ///< By chunk: the first attempt that needs it. Scratch of `make_room`, as are these.
  std::vector<memory::Victim> victims_;
  std::uint32_t mark_ = 0;
};
}  // namespace tessera::runtime::node
