// What is here, what is on its way, and who waits for it.
#include "runtime/node/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <limits>

namespace tessera::runtime::node {
namespace {
constexpr int ticks_for_a_peer = 3;
}  // namespace

ChunkSlot Core::find(const ChunkId& id) const {
  return index_.find(id);
}

ChunkSlot Core::find_resident(const ChunkId& id) const {
  const ChunkSlot chunk = find(id);
  return chunk != nil && is_in_memory(chunks_[chunk].here) ? chunk : nil;
}

bool Core::has(const ChunkId& id) const {
  const ChunkSlot chunk = find(id);
  return chunk != nil && is_here(chunks_[chunk].here);
}

ChunkSlot Core::find_or_add(const ChunkId& id) {
  ChunkSlot slot = index_.find(id);
  if (slot != nil) return slot;
  if (free_chunks_.empty()) {
    slot = static_cast<ChunkSlot>(chunks_.size());
    chunks_.emplace_back();
  } else {
    slot = free_chunks_.back();
    free_chunks_.pop_back();
  }
  chunks_[slot].id = id;
  index_.insert(slot);
  return slot;
}

void Core::free_if_idle(ChunkSlot slot) {
  Chunk& chunk = chunks_[slot];
  if (chunk.id == ChunkId{}) return;  // Freed already, with the last attempt that named it.
  if (chunk.here != Here::absent || chunk.pull_open || chunk.task != nil || chunk.source != no_node) return;
  if (chunk.pins > 0 || !chunk.waiters.empty() || !chunk.wanters.empty() || !chunk.askers.empty()) return;
  index_.erase(slot);
  chunk.id = {};
  chunk.size = {};
  chunk.attempt = {};
  chunk.rank = 0, chunk.priority = 0;
  chunk.patience = chunk.offered_ticks = 0;
  chunk.is_pulled = false;
  chunk.uses = protocol::many_uses;
  chunk.dropped = chunk.is_copy = chunk.on_disk = false;
  chunk.eviction = protocol::Eviction::never;
  chunk.maker = by_program;
  if (!types_.empty()) types_.erase(slot);
  std::erase(awaited_, slot);
  free_chunks_.push_back(slot);
}

void Core::became_resident(ChunkSlot slot, Effects& out) {
  ++progress_;
  chunks_[slot].here = Here::resident;
  chunks_[slot].source = no_node;
  if (ledger_.waiting() > 0) ledger_.withdraw(chunk_bit | slot);  // A pull that had no room yet.
  std::vector<TaskSlot> waiters = std::move(chunks_[slot].waiters);
  chunks_[slot].waiters.clear();
  for (const TaskSlot task : waiters) {
    TESSERA_ASSERT(tasks_[task].missing > 0, "who waits lacks something");
    if (--tasks_[task].missing == 0) inputs_here(task);
  }
  waiters.clear();
  if (chunks_[slot].waiters.empty()) chunks_[slot].waiters = std::move(waiters);  // Keeps the capacity.
  answer(slot, out);
}

/// Whoever asked for it from outside.
void Core::answer(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (!chunk.wanters.empty()) chunk.offered_ticks = ticks_for_a_peer;
  for (const NodeId peer : std::exchange(chunk.wanters, {})) out.push_back(SendOffer{slot, peer});
  for (const std::uint64_t token : std::exchange(chunk.askers, {})) out.push_back(Deliver{slot, token});
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
  if (!chunks_[slot].askers.empty()) return most_urgent;
  memory::Rank rank{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int32_t>::min()};
  for (const TaskSlot task : chunks_[slot].waiters) rank = std::min(rank, rank_of(tasks_[task]));
  return rank;
}

void Core::step(NodeId from, const protocol::Offer& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil || chunks_[slot].here != Here::absent || chunks_[slot].source != from) return;
  if (ledger_.waits(chunk_bit | slot)) return;  // Of an earlier want.
  Chunk& chunk = chunks_[slot];
  chunk.size = event.size;
  if (event.value) {
    ledger_.adopt(event.size);
    received_ += event.size;
    chunk.is_copy = true;
    out.push_back(AdoptValue{slot, *event.value, event.type});
    report(chunk.id.job, protocol::Copied{chunk.id.key, event.size}, false);
    became_resident(slot, out);
    fill_lanes(out);
    return checked();
  }
  if (chunk.pull_open) {  // It was made here while it was pulled, and is gone again: that pull brings it.
    chunk.here = Here::filling;
    return checked();
  }
  types_[slot] = event.type;
  const bool fits = event.size + base_overhead_ <= ledger_.limit();
  switch (fits ? ledger_.request(chunk_bit | slot, event.size, rank_of_waiters(slot)) : memory::Verdict::never) {
    case memory::Verdict::granted: pull(slot, out); break;
    case memory::Verdict::waits: make_room(out); break;
    case memory::Verdict::never:
      refuse_pull(slot, "input " + to_string(chunk.id.key) + " has " + to_string(event.size) + ", more than the node's limit of " +
                            to_string(ledger_.limit()) + ", of which the process itself takes " + to_string(base_overhead_) +
                            ": use smaller chunks or raise --memory-limit", out);
  }
  checked();
}

/// Nobody here can have it.
void Core::refuse_pull(ChunkSlot slot, const std::string& why, Effects& out) {
  protocol::Blame blame;
  blame.code = ErrorCode::out_of_memory;
  blame.message = why;
  for (const TaskSlot task : std::vector<TaskSlot>(chunks_[slot].waiters))
    if (tasks_[task].chunk != nil) refuse(task, blame, out);  // The same attempt may wait twice.
  for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(DeliverNothing{token});
  unfetch(slot, out);
  free_if_idle(slot);
}

void Core::pull(ChunkSlot slot, Effects& out) {
  chunks_[slot].here = Here::filling;
  chunks_[slot].incoming = chunks_[slot].size;
  chunks_[slot].pull_open = true;
  out.push_back(StartPull{slot, chunks_[slot].source, chunks_[slot].size, types_[slot], rank_of_waiters(slot)});
  types_.erase(slot);
}

void Core::step(const Pulled& event, Effects& out) {
  Chunk& chunk = chunks_[event.chunk];
  TESSERA_ASSERT(std::exchange(chunk.pull_open, false), "a pull answers once");
  const Bytes of_load = chunk.here == Here::loading ? chunk.size : Bytes{};
  const Bytes pulled = std::exchange(chunk.incoming, of_load) - of_load;
  if (event.ok) received_ += pulled;
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
    chunk.is_copy = true;
    if (!chunk.dropped) report(chunk.id.job, protocol::Copied{chunk.id.key, chunk.size}, false);
    became_resident(event.chunk, out);
  }
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
  if (is_here(chunk.here)) {  // From disk it is read when the peer pulls it: by then it has room.
    chunk.offered_ticks = ticks_for_a_peer;
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
  for (const Key& key : event.keys) index_.prefetch({key, event.job});
  for (const Key& key : event.keys)
    if (const ChunkSlot slot = find({key, event.job}); slot != nil) drop(slot, out);
  fill_lanes(out);
  checked();
}

void Core::drop(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (chunk.here == Here::absent) return;
  if (chunk.pins > 0 || chunk.here == Here::filling || chunk.here == Here::spilling || chunk.here == Here::loading) {
    chunk.dropped = true;
    return;
  }
  ++progress_;
  follow(chunk);
  if (std::exchange(chunk.load_asked, false)) ledger_.withdraw(chunk_bit | slot);
  if (chunk.here == Here::spilled) spilled_ -= chunk.size;
  else ledger_.free(chunk.size);
  chunk.on_disk = chunk.is_copy = false;
  chunk.here = Here::absent;
  chunk.attempt = {};
  chunk.eviction = protocol::Eviction::never;
  chunk.dropped = false;
  if (std::exchange(chunk.is_pulled, false)) out.push_back(Provided{chunk.id});
  out.push_back(FreeChunk{slot});
  free_if_idle(slot);
}

void Core::step(const protocol::Redirect& event, Effects& out) {
  for (const protocol::Input& input : event.inputs) {
    const ChunkSlot slot = find({input.key, event.job});
    if (slot == nil || chunks_[slot].here != Here::absent || chunks_[slot].waiters.empty()) continue;
    if (input.holder != config_.self && input.holder != no_node) {
      fetch(slot, input.holder, out);
      continue;
    }
    unfetch(slot, out);
    // A copy that made room, or a file that was no good: the coordinator does not know yet.
    if (chunks_[slot].task == nil) give_up_input(slot, config_.self, out);
    free_if_idle(slot);
  }
  fill_lanes(out);
  checked();
}

void Core::step(const Put& event, Effects& out) {
  const ChunkSlot slot = find_or_add(event.chunk);
  if (is_here(chunks_[slot].here)) return;
  chunks_[slot].size = event.size;
  chunks_[slot].maker = by_program;
  ledger_.adopt(event.size);
  became_resident(slot, out);
  fill_lanes(out);
  checked();
}

void Core::step(const Ask& event, Effects& out) {
  const ChunkSlot slot = find_or_add(event.chunk);
  Chunk& chunk = chunks_[slot];
  if (is_in_memory(chunk.here)) {
    out.push_back(Deliver{slot, event.token});
    return;
  }
  if (is_here(chunk.here)) {
    chunk.askers.push_back(event.token);
    ask_to_load(slot, out);
    return checked();
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
  fill_lanes(out);
  checked();
}

void Core::step(const protocol::JobEnded& event, Effects& out) {
  for (TaskSlot task = 0; task < tasks_.size(); ++task)
    if (tasks_[task].chunk != nil && chunks_[tasks_[task].chunk].id.job == event.job) withdraw(task, out);
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    if (chunks_[slot].id.job != event.job || chunks_[slot].id == ChunkId{}) continue;
    chunks_[slot].maker = by_others;  // What the disk has not answered for stays a little longer.
    for (const NodeId peer : std::exchange(chunks_[slot].wanters, {}))
      out.push_back(ToPeer{peer, protocol::Absent{chunks_[slot].id}});
    for (const std::uint64_t token : std::exchange(chunks_[slot].askers, {})) out.push_back(DeliverNothing{token});
    unfetch(slot, out);
    if (chunks_[slot].here == Here::absent) free_if_idle(slot);
    else drop(slot, out);
  }
  forget_operations(event.job);
  std::erase_if(reports_, [&](auto& of_job) {
    if (of_job.first == event.job) report_count_ -= of_job.second.size();
    return of_job.first == event.job;
  });
  fill_lanes(out);
  checked();
}

void Core::step(const Tick&, Effects& out) {
  for (const ChunkSlot slot : std::vector<ChunkSlot>(awaited_)) {
    Chunk& chunk = chunks_[slot];
    const bool comes = chunk.task != nil || chunk.here == Here::filling;
    chunk.patience = static_cast<std::int16_t>(comes ? 0 : chunk.patience + 1);
    if (!chunk.wanters.empty() && chunk.patience < config_.patience_ticks) continue;
    std::erase(awaited_, slot);
    chunk.patience = 0;
    for (const NodeId peer : std::exchange(chunk.wanters, {})) out.push_back(ToPeer{peer, protocol::Absent{chunk.id}});
    free_if_idle(slot);
  }
  for (Chunk& chunk : chunks_) {
    chunk.offered_ticks = std::max<std::int16_t>(0, static_cast<std::int16_t>(chunk.offered_ticks - 1));
    if (chunk.offered_ticks == 0 && is_in_memory(chunk.here)) chunk.is_pulled = false;
  }
  if (disk_trouble_ticks_ > 0) --disk_trouble_ticks_;
  refuse_stuck(out);
  fill_lanes(out);
  checked();
}
}  // namespace tessera::runtime::node
