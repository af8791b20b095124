// What is here, what is on its way, and who waits for it.
#include "runtime/node/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <limits>

namespace tessera::runtime::node {
namespace {
/// Requests of chunks and of tasks share one ledger; this bit tells them apart.
constexpr memory::RequestId chunk_bit = 1ull << 32;
}  // namespace

ChunkSlot Core::find(const ChunkId& id) const {
  const auto at = index_.find(id);
  return at == index_.end() ? nil : at->second;
}

ChunkSlot Core::find_resident(const ChunkId& id) const {
  const ChunkSlot chunk = find(id);
  return chunk != nil && chunks_[chunk].here == Here::resident ? chunk : nil;
}

ChunkSlot Core::find_or_add(const ChunkId& id) {
  const auto [at, is_new] = index_.try_emplace(id, nil);
  if (!is_new) return at->second;
  if (free_chunks_.empty()) {
    at->second = static_cast<ChunkSlot>(chunks_.size());
    chunks_.emplace_back();
  } else {
    at->second = free_chunks_.back();
    free_chunks_.pop_back();
  }
  chunks_[at->second].id = id;
  return at->second;
}

void Core::free_if_idle(ChunkSlot slot) {
  Chunk& chunk = chunks_[slot];
  if (chunk.id == ChunkId{}) return;  // Freed already, with the last attempt that named it.
  if (chunk.here != Here::absent || chunk.pull_open || chunk.task != nil || chunk.source != no_node) return;
  if (chunk.pins > 0 || !chunk.waiters.empty() || !chunk.wanters.empty() || !chunk.askers.empty()) return;
  index_.erase(chunk.id);
  chunk.id = {};
  chunk.size = {};
  chunk.attempt = {};
  chunk.patience = 0;
  chunk.dropped = false;
  chunk.type.clear();
  std::erase(awaited_, slot);
  free_chunks_.push_back(slot);
}

void Core::became_resident(ChunkSlot slot, Effects& out) {
  ++progress_;
  chunks_[slot].here = Here::resident;
  chunks_[slot].source = no_node;
  std::vector<TaskSlot> waiters = std::move(chunks_[slot].waiters);
  chunks_[slot].waiters.clear();
  for (const TaskSlot task : waiters) {
    TESSERA_ASSERT(tasks_[task].missing > 0, "who waits lacks something");
    if (--tasks_[task].missing == 0) admit(task, out);
  }
  waiters.clear();
  if (chunks_[slot].waiters.empty()) chunks_[slot].waiters = std::move(waiters);  // Keeps the capacity.
  for (const NodeId peer : std::exchange(chunks_[slot].wanters, {})) out.push_back(SendOffer{slot, peer});
  for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(Deliver{slot, token});
}

void Core::fetch(ChunkSlot slot, NodeId holder, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (chunk.source == holder) return;
  unfetch(slot, out);
  chunk.source = holder;
  out.push_back(ToPeer{holder, protocol::Want{chunk.id}});
}

void Core::unfetch(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (chunk.source == no_node || chunk.here != Here::absent) return;
  if (ledger_.withdraw(chunk_bit | slot)) settle_memory(out);
  out.push_back(ToPeer{chunk.source, protocol::Unwant{chunk.id}});
  chunk.source = no_node;
}

memory::Rank Core::rank_of_waiters(ChunkSlot slot) const {
  memory::Rank rank = std::numeric_limits<memory::Rank>::max();
  if (!chunks_[slot].askers.empty()) rank = 0;
  for (const TaskSlot task : chunks_[slot].waiters) rank = std::min(rank, tasks_[task].what().rank);
  return rank;
}

void Core::step(NodeId from, const protocol::Offer& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil || chunks_[slot].here != Here::absent || chunks_[slot].source != from) return;
  Chunk& chunk = chunks_[slot];
  chunk.size = event.size;
  chunk.type = event.type;
  if (event.value) {
    ledger_.adopt(event.size);
    out.push_back(AdoptValue{slot, *event.value, event.type});
    report(chunk.id.job, protocol::Copied{chunk.id.key, event.size}, false);
    became_resident(slot, out);
    fill_lanes(out);
    return checked();
  }
  switch (ledger_.request(chunk_bit | slot, event.size, rank_of_waiters(slot))) {
    case memory::Verdict::granted: pull(slot, out); break;
    case memory::Verdict::waits: break;
    case memory::Verdict::never: {
      protocol::Blame blame;
      blame.code = ErrorCode::out_of_memory;
      blame.message = "input " + to_string(chunk.id.key) + " has " + to_string(event.size) + ", more than the node's limit of " +
                      to_string(ledger_.limit()) + ": use smaller chunks or raise --memory-limit";
      for (const TaskSlot task : std::vector<TaskSlot>(chunk.waiters)) refuse(task, blame, out);
      for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(DeliverNothing{token});
      unfetch(slot, out);
      free_if_idle(slot);
    }
  }
  checked();
}

void Core::pull(ChunkSlot slot, Effects& out) {
  chunks_[slot].here = Here::filling;
  chunks_[slot].pulling = chunks_[slot].size;
  chunks_[slot].pull_open = true;
  out.push_back(StartPull{slot, chunks_[slot].source, chunks_[slot].size, chunks_[slot].type});
}

void Core::step(const Pulled& event, Effects& out) {
  Chunk& chunk = chunks_[event.chunk];
  TESSERA_ASSERT(std::exchange(chunk.pull_open, false), "a pull answers once");
  const Bytes pulled = std::exchange(chunk.pulling, {});
  const bool unneeded = chunk.waiters.empty() && chunk.askers.empty() && chunk.wanters.empty();
  if (chunk.here != Here::filling) {  // It was made here meanwhile, and is perhaps gone again.
    ledger_.unreserve(pulled);
    if (event.ok && chunk.here == Here::absent) out.push_back(FreeChunk{event.chunk});
    free_if_idle(event.chunk);
  } else if (!event.ok) {
    ledger_.unreserve(pulled);
    chunk.here = Here::absent;
    lost_source(event.chunk, out);
  } else if (unneeded) {
    ledger_.unreserve(pulled);
    chunk.here = Here::absent;
    chunk.source = no_node;
    chunk.dropped = false;
    out.push_back(FreeChunk{event.chunk});
    free_if_idle(event.chunk);
  } else {
    ledger_.commit(pulled, chunk.size);
    if (!chunk.dropped) report(chunk.id.job, protocol::Copied{chunk.id.key, chunk.size}, false);
    became_resident(event.chunk, out);
  }
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::lost_source(ChunkSlot slot, Effects& out) {
  const NodeId holder = std::exchange(chunks_[slot].source, no_node);
  give_up_input(slot, holder, out);
  for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(DeliverNothing{token});
  free_if_idle(slot);
}

void Core::step(NodeId from, const protocol::Absent& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil || chunks_[slot].source != from || chunks_[slot].here != Here::absent) return;
  if (ledger_.withdraw(chunk_bit | slot)) settle_memory(out);
  lost_source(slot, out);
  fill_lanes(out);
  checked();
}

void Core::step(NodeId from, const protocol::Want& event, Effects& out) {
  const ChunkSlot slot = find_or_add(event.chunk);
  Chunk& chunk = chunks_[slot];
  if (chunk.here == Here::resident) {
    out.push_back(SendOffer{slot, from});
    return;
  }
  if (std::find(chunk.wanters.begin(), chunk.wanters.end(), from) == chunk.wanters.end()) chunk.wanters.push_back(from);
  // The assignment that makes it may still be on its way here: give it some ticks.
  if (std::find(awaited_.begin(), awaited_.end(), slot) == awaited_.end()) awaited_.push_back(slot);
}

void Core::step(NodeId from, const protocol::Unwant& event, Effects&) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil) return;
  std::erase(chunks_[slot].wanters, from);
  free_if_idle(slot);
}

void Core::step(const protocol::Drop& event, Effects& out) {
  for (const Key& key : event.keys)
    if (const ChunkSlot slot = find({key, event.job}); slot != nil) drop(slot, out);
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::drop(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (chunk.here == Here::absent) return;
  if (chunk.here == Here::filling || chunk.pins > 0) {
    chunk.dropped = true;
    return;
  }
  ++progress_;
  ledger_.free(chunk.size);
  chunk.here = Here::absent;
  chunk.attempt = {};
  chunk.dropped = false;
  out.push_back(FreeChunk{slot});
  free_if_idle(slot);
}

void Core::step(const protocol::Redirect& event, Effects& out) {
  for (const protocol::Input& input : event.inputs) {
    const ChunkSlot slot = find({input.key, event.job});
    if (slot == nil || chunks_[slot].here != Here::absent || chunks_[slot].waiters.empty()) continue;
    if (input.holder == config_.self || input.holder == no_node) unfetch(slot, out);
    else fetch(slot, input.holder, out);
  }
  fill_lanes(out);
  checked();
}

void Core::step(const Put& event, Effects& out) {
  const ChunkSlot slot = find_or_add(event.chunk);
  if (chunks_[slot].here == Here::resident) return;
  chunks_[slot].size = event.size;
  ledger_.adopt(event.size);
  became_resident(slot, out);
  fill_lanes(out);
  checked();
}

void Core::step(const Ask& event, Effects& out) {
  const ChunkSlot slot = find_or_add(event.chunk);
  Chunk& chunk = chunks_[slot];
  if (chunk.here == Here::resident) {
    out.push_back(Deliver{slot, event.token});
    return;
  }
  const bool elsewhere = event.holder != config_.self && event.holder != no_node;
  if (!elsewhere && chunk.task == nil && chunk.source == no_node) {
    out.push_back(DeliverNothing{event.token});
    free_if_idle(slot);
    return;
  }
  chunk.askers.push_back(event.token);
  if (elsewhere && chunk.here == Here::absent && chunk.task == nil) fetch(slot, event.holder, out);
  checked();
}

void Core::step(const Unask& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil) return;
  Chunk& chunk = chunks_[slot];
  std::erase(chunk.askers, event.token);
  if (chunk.here == Here::absent && chunk.askers.empty() && chunk.waiters.empty()) unfetch(slot, out);
  free_if_idle(slot);
}

void Core::settle_memory(Effects& out) {
  if (ledger_.waiting() == 0) return;
  granted_.clear();
  ledger_.settle(granted_);
  for (const memory::RequestId id : std::vector<memory::RequestId>(granted_)) {
    if (id & chunk_bit) pull(static_cast<ChunkSlot>(id), out);
    else granted(static_cast<TaskSlot>(id), out);
  }
}

void Core::step(const PeerLost& event, Effects& out) {
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    if (chunks_[slot].id == ChunkId{}) continue;
    std::erase(chunks_[slot].wanters, event.node);
    // A pull that is under way answers by itself.
    if (chunks_[slot].source == event.node && chunks_[slot].here == Here::absent) {
      ledger_.withdraw(chunk_bit | slot);
      lost_source(slot, out);
    } else {
      free_if_idle(slot);
    }
  }
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::step(const JobEnded& event, Effects& out) {
  for (TaskSlot task = 0; task < tasks_.size(); ++task)
    if (tasks_[task].chunk != nil && chunks_[tasks_[task].chunk].id.job == event.job) withdraw(task, out);
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    if (chunks_[slot].id.job != event.job || chunks_[slot].id == ChunkId{}) continue;
    for (const NodeId peer : std::exchange(chunks_[slot].wanters, {}))
      out.push_back(ToPeer{peer, protocol::Absent{chunks_[slot].id}});
    for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(DeliverNothing{token});
    unfetch(slot, out);
    if (chunks_[slot].here == Here::absent) free_if_idle(slot);
    else drop(slot, out);
  }
  std::erase_if(reports_, [&](auto& of_job) {
    if (of_job.first == event.job) report_count_ -= of_job.second.size();
    return of_job.first == event.job;
  });
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::step(const Tick&, Effects& out) {
  for (const ChunkSlot slot : std::vector<ChunkSlot>(awaited_)) {
    Chunk& chunk = chunks_[slot];
    const bool comes = chunk.task != nil || chunk.here == Here::filling;
    chunk.patience = comes ? 0 : chunk.patience + 1;
    if (!chunk.wanters.empty() && chunk.patience < config_.patience_ticks) continue;
    std::erase(awaited_, slot);
    chunk.patience = 0;
    for (const NodeId peer : std::exchange(chunk.wanters, {})) out.push_back(ToPeer{peer, protocol::Absent{chunk.id}});
    free_if_idle(slot);
  }
  // Nothing runs, nothing moves, and memory is awaited: nobody will ever give any back.
  const bool stuck = ledger_.waiting() > 0 && running_ == 0 && queue_.empty() && progress_ == progress_at_tick_;
  progress_at_tick_ = progress_;
  stuck_ticks_ = stuck ? stuck_ticks_ + 1 : 0;
  if (stuck_ticks_ < config_.patience_ticks) return;
  stuck_ticks_ = 0;
  for (TaskSlot task = 0; task < tasks_.size(); ++task) {
    if (tasks_[task].chunk == nil || tasks_[task].phase != task::execution::Phase::admitting) continue;
    protocol::Blame blame;
    blame.code = ErrorCode::out_of_memory;
    blame.message = "its " + to_string(tasks_[task].reserved) + " do not fit: " + to_string(ledger_.resident()) + " of " +
                    to_string(ledger_.limit()) + " hold results that are still needed; use smaller chunks or a higher " +
                    "--memory-limit";
    refuse(task, blame, out);
    break;
  }
  settle_memory(out);
  fill_lanes(out);
  checked();
}
}  // namespace tessera::runtime::node
