// Room in memory: what goes to disk, what comes back, who waits.
#include "runtime/node/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::runtime::node {
using task::execution::Phase;

void Core::settle_memory(Effects& out) {
  if (ledger_.waiting() == 0) return;
  granted_.clear();
  ledger_.settle(granted_);
  for (const memory::RequestId id : std::vector<memory::RequestId>(granted_)) {
    if ((id & chunk_bit) == 0) {
      granted(static_cast<TaskSlot>(id), out);
      continue;
    }
    const auto slot = static_cast<ChunkSlot>(id);
    Chunk& chunk = chunks_[slot];
    if (!std::exchange(chunk.load_asked, false)) {
      pull(slot, out);
    } else if (chunk.here == Here::spilled) {
      load(slot, out);
    } else {  // Loaded meanwhile for an attempt.
      ledger_.unreserve(chunk.size);
      if (is_in_memory(chunk.here)) answer(slot, out);
    }
  }
}

/// For each chunk the first attempt that waits for its turn and needs it, and whether the first in the ledger's queue does, or who waits for what that one brings. Not all of its
/// rank: what is made again for others has theirs.
void Core::find_soonest() {
  soonest_.assign(chunks_.size(), {});
  const std::optional<memory::RequestId> first = ledger_.first();
  for (TaskSlot slot = 0; slot < tasks_.size(); ++slot) {
    const Task& task = tasks_[slot];
    if (task.chunk == nil || task.phase >= Phase::loading) continue;
    const memory::Rank rank = rank_of(task);
    const bool is_first = first && ((*first & chunk_bit) == 0 ? *first == slot
                                                              : rank == ledger_.first_rank() && std::ranges::find(chunks_[static_cast<ChunkSlot>(*first)].waiters, slot) != chunks_[static_cast<ChunkSlot>(*first)].waiters.end());
    for (const ChunkSlot input : task.inputs) {
      soonest_[input].note(rank, {});
      soonest_[input].of_first |= is_first;
    }
  }
}

void Core::add_victim(ChunkSlot slot, bool is_free) {
  const Chunk& chunk = chunks_[slot];
  victims_.push_back({slot, chunk.size, soonest_[slot], {chunk.rank, chunk.priority}, is_free});
}

/// What was used for the last time gives room as soon as the coordinator has heard of it. Who reads waits for what is being used for the
/// last time, too: nothing is gained by reading what its consumers cannot follow (O6).
bool Core::is_about_to_fit() const {
  const std::optional<memory::RequestId> first = ledger_.first();
  if (ledger_.overrun().value > config_.margin.value / 2) return false;
  const bool is_reader = !first || ((*first & chunk_bit) == 0 && reads(tasks_[static_cast<TaskSlot>(*first)]));
  Bytes going;
  for (const Chunk& chunk : chunks_)
    if (is_in_memory(chunk.here) && chunk.uses != protocol::many_uses && chunk.uses <= (is_reader ? chunk.locks : 0)) going += chunk.size;
  return going >= ledger_.shortfall();
}

bool Core::make_room(Effects& out) {
  if (ledger_.shortfall() <= spilling_ || is_about_to_fit()) return false;
  const std::optional<memory::Rank> first = ledger_.first_rank();
  const bool moves = running_ > 0 || loading_ > 0 || disk_jobs_ > 0 || !prepared_.empty();
  find_soonest();
  victims_.clear();
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    const Chunk& chunk = chunks_[slot];
    if (chunk.here != Here::resident || chunk.locks > 0 || chunk.size <= config_.value_max) continue;
    if (chunk.is_pulled || (moves && chunk.offered_ticks > 0)) continue;
    if (!memory::may_go(soonest_[slot], first, moves)) continue;
    const bool is_free = chunk.on_disk || is_cheap(chunk);
    if (is_free || (config_.spills && disk_trouble_ticks_ == 0)) add_victim(slot, is_free);
  }
  memory::choose(victims_, ledger_.shortfall(), spilling_, ledger_.limit());
  bool freed = false;
  for (const auto& [slot, size, soonest, made, is_free] : victims_) {
    Chunk& chunk = chunks_[slot];
    freed |= is_free;
    if (chunk.on_disk) {
      follow(chunk);
      chunk.here = Here::spilled;
      spilled_ += size;
      ledger_.free(size);
      out.push_back(Unload{slot});
    } else if (is_free) {
      evict(slot, out);
    } else {
      chunk.here = Here::spilling;
      spilling_ += size;
      ++disk_jobs_;
      out.push_back(Spill{slot});
    }
  }
  if (freed) settle_memory(out);
  return freed;
}

/// To be dropped rather than written. What an attempt here names stays: it would have to be given back.
bool Core::is_cheap(const Chunk& chunk) const {
  if (chunk.pins > 0 || chunk.is_copy) return chunk.pins == 0;
  if (chunk.eviction != protocol::Eviction::if_cheaper || chunk.offered_ticks > 0) return false;
  // Its inputs need room beside it when it is made again: without a disk there may be none.
  if (chunk.has_inputs && (!config_.spills || disk_trouble_ticks_ > 0)) return false;
  return chunk.again < writing_.expected(chunk.size) + reading_.expected(chunk.size);
}

void Core::evict(ChunkSlot slot, Effects& out) {
  report(chunks_[slot].id.job, protocol::Evicted{chunks_[slot].id.key}, true);
  if (chunks_[slot].pins > 0) give_back_users(slot, out);
  drop(slot, out);
}

/// Nothing moves and nothing can be written: what can be made again without anything else goes, whatever that costs, where it is enough for the first.
void Core::evict_when_stuck(Effects& out) {
  if (config_.spills && disk_trouble_ticks_ == 0) return;
  const std::optional<memory::Rank> first = ledger_.first_rank();
  find_soonest();
  victims_.clear();
  Bytes sum;
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    const Chunk& chunk = chunks_[slot];
    if (chunk.here != Here::resident || chunk.locks > 0 || chunk.offered_ticks > 0 || chunk.size <= config_.value_max) continue;
    if (chunk.eviction == protocol::Eviction::never || chunk.has_inputs || (chunk.pins > 0 && (!first || !(*first < soonest_[slot].rank)))) continue;
    add_victim(slot, true);
    sum += chunk.size;
  }
  if (sum < ledger_.shortfall()) return;
  memory::sort_by_need(victims_);
  for (const memory::Victim& victim : victims_) {
    if (ledger_.shortfall().value == 0) break;
    evict(victim.chunk, out);
  }
  settle_memory(out);
}

void Core::DiskSpeed::record(Bytes size, Duration time) {
  bytes += size;
  took = took + time;
  while (bytes > mib(64) || took > seconds(60)) bytes.value = bytes.value / 2 + 1, took.ns /= 2;  // Their product fits 64 bits.
}

Duration Core::DiskSpeed::expected(Bytes size) const {
  const std::uint64_t whole = size.value / bytes.value, rest = size.value % bytes.value, ns = static_cast<std::uint64_t>(took.ns);
  return {static_cast<std::int64_t>(whole * ns + rest * ns / bytes.value)};
}

void Core::load(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  chunk.here = Here::loading;
  chunk.incoming += chunk.size;  // Beside that of a pull which has not answered.
  ++disk_jobs_;
  out.push_back(Load{slot});
}

void Core::ask_to_load(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  if (chunk.here != Here::spilled || chunk.load_asked) return;
  if (ledger_.request(chunk_bit | slot, chunk.size, most_urgent) == memory::Verdict::granted) return load(slot, out);
  chunk.load_asked = true;  // It was in memory once: it is never too large.
  make_room(out);
}

void Core::step(const Spilled& event, Effects& out) {
  Chunk& chunk = chunks_[event.chunk];
  TESSERA_ASSERT(chunk.here == Here::spilling, "a spill answers once");
  --disk_jobs_;
  spilling_ -= chunk.size;
  chunk.here = Here::resident;
  chunk.on_disk = event.ok;
  if (!event.ok) {
    disk_trouble_ = event.why;
    disk_trouble_ticks_ = 1;
  } else {
    ++progress_;
    disk_trouble_.clear();
    writing_.record(chunk.size, event.took);
  }
  if (chunk.dropped && chunk.pins == 0) {
    drop(event.chunk, out);
  } else if (event.ok && chunk.locks == 0 && chunk.offered_ticks == 0 && ledger_.shortfall().value > 0) {
    follow(chunk);
    chunk.here = Here::spilled;
    spilled_ += chunk.size;
    ledger_.free(chunk.size);
    out.push_back(Unload{event.chunk});
  }
  fill_lanes(out);
  checked();
}

void Core::step(const Loaded& event, Effects& out) {
  Chunk& chunk = chunks_[event.chunk];
  TESSERA_ASSERT(chunk.here == Here::loading, "a load answers once");
  --disk_jobs_;
  const Bytes loaded = chunk.size;
  chunk.incoming -= loaded;
  spilled_ -= chunk.size;
  if (!event.ok) {
    ledger_.unreserve(loaded);
    lose_file(event.chunk, out);
  } else {
    ++progress_;
    reading_.record(loaded, event.took);
    ledger_.commit(loaded, loaded);
    chunk.here = Here::resident;
    if (chunk.is_pulled) {
      chunk.offered_ticks = static_cast<std::int16_t>(config_.patience_ticks);
      out.push_back(Provided{chunk.id});
    }
    answer(event.chunk, out);
    for (TaskSlot slot = 0; slot < tasks_.size(); ++slot) {
      Task& task = tasks_[slot];
      if (task.chunk == nil) continue;
      // Who waits for memory for it, too, needs less now: it asks again.
      if (task.phase == Phase::admitting && std::ranges::find(task.inputs, event.chunk) != task.inputs.end()) put_back(slot);
      if (task.phase != Phase::loading) continue;
      task.loads -= static_cast<std::uint32_t>(std::ranges::count(task.inputs, event.chunk));
      if (task.loads > 0) continue;
      --loading_;
      prepared(slot);
    }
    if (chunk.dropped && chunk.pins == 0) drop(event.chunk, out);
  }
  fill_lanes(out);
  checked();
}

/// A file that is gone or wrong is a lost copy (M4): whoever counted on it hears so, and the coordinator finds another or makes it again.
void Core::lose_file(ChunkSlot slot, Effects& out) {
  Chunk& chunk = chunks_[slot];
  ++progress_;
  if (!chunk.dropped) report(chunk.id.job, protocol::Evicted{chunk.id.key}, true);
  chunk.here = Here::absent;
  chunk.on_disk = chunk.dropped = false;
  chunk.attempt = {};
  chunk.eviction = protocol::Eviction::never;
  if (std::exchange(chunk.is_pulled, false)) out.push_back(Provided{chunk.id});
  out.push_back(FreeChunk{slot});
  for (const NodeId peer : std::exchange(chunk.wanters, {})) out.push_back(ToPeer{peer, protocol::Absent{chunk.id}});
  for (const std::uint64_t token : std::exchange(chunk.askers, {})) out.push_back(DeliverNothing{token});
  give_back_users(slot, out);
  free_if_idle(slot);
}

/// Attempts that name it and do not run.
void Core::give_back_users(ChunkSlot slot, Effects& out) {
  for (TaskSlot user = 0; user < tasks_.size(); ++user) {
    const Task& task = tasks_[user];
    if (task.chunk == nil || std::ranges::find(task.inputs, slot) == task.inputs.end()) continue;
    if (task.phase == Phase::running || task.phase == Phase::discarded) continue;
    report(task.batch->job, protocol::InputsMissing{task.what().task, task.what().attempt, {{chunks_[slot].id.key, config_.self}}}, true);
    withdraw(user, out);
  }
}

void Core::step(const Provide& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil) return;
  chunks_[slot].is_pulled = true;
  chunks_[slot].offered_ticks = static_cast<std::int16_t>(config_.patience_ticks);
  ask_to_load(slot, out);
  checked();
}

void Core::step(const Served& event, Effects& out) {
  const ChunkSlot slot = find(event.chunk);
  if (slot == nil || !std::exchange(chunks_[slot].is_pulled, false)) return;
  chunks_[slot].offered_ticks = 0;
  if (ledger_.waiting() > 0) fill_lanes(out);
  checked();
}

void Core::step(const Measured& event, Effects& out) {
  const Bytes booked = ledger_.resident() + ledger_.reserved(), taken = event.resident_set + config_.margin;
  if (booked.value == 0 && (!is_measured_ || taken < base_overhead_)) base_overhead_ = taken, is_measured_ = true;
  // What is reserved and not touched yet would hide what the process itself takes more. Blocks beyond those of chunks are what was touched;
  // where there are fewer of them, values are no blocks, and nobody knows.
  Bytes touched = ledger_.reserved();
  if (event.blocks && *event.blocks >= ledger_.resident()) touched = std::min(touched, *event.blocks - ledger_.resident());
  const Bytes explained = ledger_.resident() + touched;
  const Bytes rest = taken > explained ? taken - explained : Bytes{};
  ledger_.set_overhead(std::max(rest, base_overhead_));
  fill_lanes(out);
  checked();
}

/// Nothing runs, nothing moves, and memory is awaited: nobody will ever give any back.
void Core::refuse_stuck(Effects& out) {
  const bool stuck = ledger_.waiting() > 0 && running_ == 0 && (disk_jobs_ == 0 || !disk_trouble_.empty()) && progress_ == progress_at_tick_;
  progress_at_tick_ = progress_;
  stuck_ticks_ = stuck ? stuck_ticks_ + 1 : 0;
  if (!stuck) return;
  // All is reserved for pulls from nodes that wait for pulls from here: what they wait for comes from disk all the same. The memory is
  // there, as those pulls have not touched theirs.
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    Chunk& chunk = chunks_[slot];
    if (!chunk.load_asked || chunk.here != Here::spilled) continue;
    chunk.load_asked = false;
    ledger_.withdraw(chunk_bit | slot);
    ledger_.force(chunk.size);
    load(slot, out);
    return;
  }
  if (stuck_ticks_ < config_.patience_ticks) return;
  stuck_ticks_ = 0;
  const bool broken = !disk_trouble_.empty();
  const std::string why = to_string(ledger_.resident()) + " of " + to_string(ledger_.limit()) + " hold results that are still needed, the process itself takes " +
                          to_string(ledger_.overhead()) + (broken ? ", and they cannot be spilled: " + disk_trouble_
                          : config_.spills ? std::string() : ", and there is no folder to spill to (--spill-dir)");
  if (admitting_.empty()) {
    for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot)
      if (ledger_.waits(chunk_bit | slot))
        return refuse_pull(slot, "its input's " + to_string(chunks_[slot].size) + " do not fit: " + why + "; use smaller chunks or a higher --memory-limit", out);
    return;
  }
  const TaskSlot task = *std::ranges::min_element(admitting_, [&](TaskSlot a, TaskSlot b) { return rank_of(tasks_[a]) < rank_of(tasks_[b]); });
  protocol::Blame blame;
  blame.code = broken ? ErrorCode::out_of_disk : ErrorCode::out_of_memory;
  blame.message = "its " + to_string(tasks_[task].reserved) + " do not fit: " + why + "; use smaller chunks or a higher --memory-limit";
  refuse(task, std::move(blame), out);
}
}  // namespace tessera::runtime::node
