// Nodes whose memory is limited: transfers and the disk. As runtime/node/chunks.cpp and runtime/node/memory.cpp do it live.
#include "runtime/memory/eviction.hpp"
#include "simulation/engine/run.hpp"

namespace tessera::simulation::engine {
using Phase = NodeMemory::Phase;
using Here = NodeMemory::Here;
using Held = NodeMemory::Held;

namespace {
constexpr memory::Rank most_urgent{0, std::numeric_limits<std::int32_t>::max()};
}  // namespace

/// Grants, in the ledger's order, what fits now.
void Run::settle(std::uint32_t which) {
  NodeMemory& memory = *memory_[which];
  std::vector<memory::RequestId> granted;
  memory.ledger.settle(granted);
  for (const memory::RequestId id : granted) {
    if ((id & NodeMemory::object_bit) == 0) {
      grant(which, static_cast<std::uint32_t>(id));
      continue;
    }
    const auto object = static_cast<std::uint32_t>(id);
    Held* const held = memory.find(object);
    if (held == nullptr) {
      memory.held[object] = {bytes(case_.objects[object].size), Here::filling};
      mark(which);
      continue;
    }
    held->load_asked = false;
    if (held->here == Here::spilled) load(which, object);
    else memory.ledger.unreserve(held->size);  // Loaded meanwhile for a task.
  }
}

/// Whether a download may begin: it has room where it goes, and is in memory where it comes from. Both are asked for.
bool Run::may_fetch(std::uint32_t node, std::uint32_t object, std::uint32_t source) {
  const Bytes size = bytes(case_.objects[object].size);
  if (size.value == 0) return true;
  if (memory_[node] != nullptr && memory_[node]->find(object) == nullptr) {
    NodeMemory& memory = *memory_[node];
    if (memory.ledger.waits(NodeMemory::object_bit | object)) return false;
    memory::Rank rank{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int32_t>::min()};
    for (const std::uint32_t user : objects_[object].users)
      if (tasks_[user].node == node && tasks_[user].state == State::assigned) rank = std::min(rank, rank_of(user));
    if (memory.ledger.request(NodeMemory::object_bit | object, size, rank) != memory::Verdict::granted) return false;
    memory.held[object] = {size, Here::filling};
  }
  if (memory_[source] == nullptr) return true;
  Held& held = *memory_[source]->find(object);
  if (served_.emplace(node, object).second) ++held.pulls;
  if (held.here == Here::spilled && !std::exchange(held.load_asked, true)) {
    if (memory_[source]->ledger.request(NodeMemory::object_bit | object, held.size, most_urgent) == memory::Verdict::granted) {
      held.load_asked = false;
      load(source, object);
    } else {
      mark(source);
    }
  }
  return held.is_in_memory();
}

/// The source need not keep it in memory any longer for a download.
void Run::served(std::uint32_t node, std::uint32_t object, std::uint32_t source) {
  if (served_.erase({node, object}) == 0 || memory_[source] == nullptr) return;
  Held* const held = memory_[source]->find(object);
  if (held == nullptr) return;
  if (--held->pulls == 0 && held->load_asked) {
    held->load_asked = false;
    memory_[source]->ledger.withdraw(NodeMemory::object_bit | object);
  }
  drop_if_unused(source, object);
  mark(source);
}

/// A download came to its end, or was cut short: then there is nothing.
void Run::fetched(const TransferTimes& transfer, bool is_whole) {
  if (memory_.empty()) return;
  served(transfer.to, transfer.object, transfer.from);
  if (memory_[transfer.to] == nullptr) return;
  NodeMemory& memory = *memory_[transfer.to];
  Held* const held = memory.find(transfer.object);
  if (held == nullptr) return;  // The node was lost.
  const Bytes size = held->size;
  const bool is_made_there = !is_whole && objects_[transfer.object].is_on(transfer.to);  // Meanwhile.
  if (!is_whole && !is_made_there) {
    memory.ledger.unreserve(size);
    memory.held.erase(transfer.object);
    return;
  }
  memory.ledger.commit(size, size);
  held->here = Here::resident;
  held->is_copy = objects_[transfer.object].source != transfer.to;
  mark_targets(transfer.object);
  drop_if_unused(transfer.to, transfer.object);
}

/// A download that has not begun is not wanted any more.
void Run::unwant(std::uint32_t node, std::uint32_t object) {
  if (nodes_[node].wanted.erase(object) == 0 || memory_.empty()) return;
  served(node, object, objects_[object].source);
  if (memory_[node] == nullptr) return;
  NodeMemory& memory = *memory_[node];
  if (const Held* held = memory.find(object); held != nullptr && held->here == Here::filling) {
    memory.ledger.unreserve(held->size);
    memory.held.erase(object);
  } else {
    memory.ledger.withdraw(NodeMemory::object_bit | object);
  }
  mark(node);
}

void Run::drop_if_unused(std::uint32_t node, std::uint32_t object) {
  NodeMemory& memory = *memory_[node];
  const Held& held = *memory.find(object);
  if (!held.is_dropped || held.is_used()) return;
  if (held.here == Here::spilled) memory.spilled -= held.size;
  else memory.ledger.free(held.size);
  memory.held.erase(object);
  mark(node);
}

/// What is used for the last time by what runs gives room soon: nothing is gained by a task without inputs whose users cannot follow (O6).
bool Run::is_about_to_fit(const NodeMemory& memory) const {
  const auto first = memory.ledger.first();
  if (memory.ledger.overrun().value > 0 || !first || (*first & NodeMemory::object_bit) != 0) return false;
  if (std::ranges::any_of(case_.tasks[*first].inputs, [&](std::uint32_t input) { return case_.objects[input].size > 0; })) return false;
  Bytes going;
  for (const auto& [object, held] : memory.held)
    if (held.is_in_memory() && held.locks > 0 && uses_[object] == held.locks && case_.objects[object].producer != nobody) going += held.size;
  return going >= memory.ledger.shortfall();
}

/// What may give way for the first that waits.
std::vector<memory::Victim> Run::victims(std::uint32_t node) const {
  const NodeMemory& memory = *memory_[node];
  const auto first = memory.ledger.first_rank();
  std::vector<memory::Victim> all;
  for (const auto& [object, held] : memory.held) {
    if (held.here != Here::resident || held.locks > 0 || held.pulls > 0) continue;
    memory::Soonest soonest;
    for (const std::uint32_t user : objects_[object].users)
      if (tasks_[user].node == node && (tasks_[user].state == State::assigned || tasks_[user].state == State::ready)) soonest.note(rank_of(user), first);
    const bool is_free = held.on_disk || (held.is_copy && !soonest.is_known);
    if (memory::may_go(soonest, first, memory.moves()) && (is_free || memory.disk > 0)) all.push_back({object, held.size, soonest, held.made, is_free});
  }
  return all;
}

bool Run::make_room(std::uint32_t node) {
  NodeMemory& memory = *memory_[node];
  if (memory.ledger.shortfall() <= memory.spilling || is_about_to_fit(memory)) return false;
  std::vector<memory::Victim> going = victims(node);
  memory::choose(going, memory.ledger.shortfall(), memory.spilling, memory.ledger.limit());
  bool freed = false;
  for (const memory::Victim& victim : going) {
    Held& held = *memory.find(victim.chunk);
    freed |= victim.is_free;
    if (held.on_disk) {
      unload(memory, held);
    } else if (victim.is_free) {
      memory.ledger.free(held.size);
      memory.held.erase(victim.chunk);
      ObjectState& object = objects_[victim.chunk];
      object.places.erase(object.at(node));
    } else {
      held.here = Here::spilling;
      memory.spilling += held.size;
      use_disk(node, victim.chunk);
    }
  }
  if (freed) settle(node);
  return freed;
}

/// Its file is there: its memory is free.
void Run::unload(NodeMemory& memory, Held& held) {
  held.here = Here::spilled;
  memory.spilled += held.size;
  memory.ledger.free(held.size);
}

/// Its memory is reserved.
void Run::load(std::uint32_t node, std::uint32_t object) {
  memory_[node]->find(object)->here = Here::loading;
  use_disk(node, object);
}

void Run::use_disk(std::uint32_t node, std::uint32_t object) {
  NodeMemory& memory = *memory_[node];
  memory.disk_free = std::max(memory.disk_free, now_) + mib(memory.find(object)->size) / memory.disk;
  disk_ends_.insert({memory.disk_free, node, object});
  ++memory.disk_jobs;
}

void Run::pass_disk(double until) {
  while (!disk_ends_.empty() && std::get<0>(*disk_ends_.begin()) <= until) {
    const auto [time, node, object] = *disk_ends_.begin();
    disk_ends_.erase(disk_ends_.begin());
    NodeMemory& memory = *memory_[node];
    Held& held = *memory.find(object);
    --memory.disk_jobs;
    mark(node);
    if (held.here == Here::spilling) spilled(memory, held);
    else loaded(node, object, held);
    drop_if_unused(node, object);
  }
}

void Run::spilled(NodeMemory& memory, Held& held) {
  memory.spilling -= held.size;
  memory.written += held.size;
  held.here = Here::resident;
  held.on_disk = true;
  if (held.locks == 0 && held.pulls == 0 && !held.is_dropped && memory.ledger.shortfall().value > 0) unload(memory, held);
}

void Run::loaded(std::uint32_t node, std::uint32_t object, Held& held) {
  NodeMemory& memory = *memory_[node];
  memory.spilled -= held.size;
  memory.read += held.size;
  memory.ledger.commit(held.size, held.size);
  held.here = Here::resident;
  std::vector<std::uint32_t> again;
  for (NodeMemory::Turn& turn : memory.turns) {
    const auto uses = static_cast<std::uint32_t>(std::ranges::count(case_.tasks[turn.task].inputs, object));
    if (uses > 0 && turn.phase == Phase::admitting) again.push_back(turn.task);  // It needs less now: it asks again.
    if (uses > 0 && turn.phase == Phase::loading && (turn.loads -= uses) == 0) turn.phase = Phase::prepared;
  }
  for (const std::uint32_t task : again) put_back(node, task);
  mark_targets(object);
}

/// Nodes that wait until the object is in memory elsewhere.
void Run::mark_targets(std::uint32_t object) {
  for (const auto& [target, what] : served_)
    if (what == object) mark(target);
}

/// Nothing moves: where all is reserved for downloads from nodes that wait for downloads from here, what they wait for comes from disk all the same. The memory is there, as those downloads have not
/// begun.
bool Run::unstick() {
  for (std::uint32_t node = 0; node < memory_.size(); ++node) {
    if (memory_[node] == nullptr) continue;
    for (auto& [object, held] : memory_[node]->held) {
      if (!held.load_asked || held.here != Here::spilled) continue;
      held.load_asked = false;
      memory_[node]->ledger.withdraw(NodeMemory::object_bit | object);
      memory_[node]->ledger.force(held.size);
      load(node, object);
      return true;
    }
  }
  return false;
}

/// The node is lost. Its downloads and what it gives were cut already.
void Run::lose_memory(std::uint32_t node) {
  if (memory_.empty()) return;
  std::erase_if(disk_ends_, [&](const auto& one) { return std::get<1>(one) == node; });
  for (const auto& [target, object] : std::set(served_)) {
    if (target == node) served(target, object, objects_[object].source);
    else if (objects_[object].source == node) served_.erase({target, object}), mark(target);
  }
  if (memory_[node] == nullptr) return;
  NodeMemory fresh(memory_[node]->ledger.limit(), memory_[node]->disk);
  fresh.written = memory_[node]->written, fresh.read = memory_[node]->read;
  fresh.peak = std::max(memory_[node]->peak, memory_[node]->ledger.peak());
  *memory_[node] = std::move(fresh);
}

void Run::note_memory() {
  for (const auto& memory : memory_)
    outcome_.memory.push_back(memory == nullptr ? MemoryUse{} : MemoryUse{mib(std::max(memory->peak, memory->ledger.peak())), mib(memory->written), mib(memory->read)});
}
}  // namespace tessera::simulation::engine
