// Nodes whose memory is limited: which tasks have their turn, and what they hold. As runtime/node/attempts.cpp does it live.
#include "simulation/engine/run.hpp"

#include <bit>

#include <fmt/format.h>

namespace tessera::simulation::engine {
using Phase = NodeMemory::Phase;
using Here = NodeMemory::Here;
using Held = NodeMemory::Held;
using runtime::Failure;
using runtime::Result;

namespace {
/// Bytes that a task holds at once: what it reads, each once, and what it makes.
std::pair<Bytes, Bytes> footprint(const Case& what, std::uint32_t task) {
  Bytes in, out;
  std::vector<std::uint32_t> inputs = what.tasks[task].inputs;
  std::ranges::sort(inputs);
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  for (const std::uint32_t object : inputs) in += bytes(what.objects[object].size);
  for (const std::uint32_t object : what.tasks[task].outputs) out += bytes(what.objects[object].size);
  return {in, out};
}
std::string needs(const Case& what, std::uint32_t task) {
  const auto [in, out] = footprint(what, task);
  return fmt::format("task {} (\"{}\") needs {} at once ({} of inputs, {} for what it makes)", task, what.tasks[task].name, to_string(in + out), to_string(in), to_string(out));
}
bool holds(const NodeLimits& node, const std::pair<Bytes, Bytes>& need) { return node.memory <= 0 || need.first + need.second <= bytes(node.memory); }
}  // namespace

Result<void> check_memory(const Case& what, const std::vector<NodeLimits>& limits) {
  if (limits.empty()) return {};
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    const auto need = footprint(what, task);
    double most = 0;
    bool fits = false;
    for (std::uint32_t node = 0; node < limits.size() && !fits; ++node) {
      if (!what.fits(task, node)) continue;
      most = std::max(most, limits[node].memory);
      fits = holds(limits[node], need);
    }
    if (!fits)
      return Failure{runtime::ErrorCode::no_eligible_node, fmt::format("{}, and no node that has its cores and resources has more than {} of memory", needs(what, task), to_string(bytes(most)))};
  }
  return {};
}

Result<void> Run::check_memory(std::uint32_t task, std::uint32_t node) const {
  if (memory_.empty() || memory_[node] == nullptr || holds(setting_.memory[node], footprint(case_, task))) return {};
  return invalid(fmt::format("{}, and node {}, to which it was given, has {} of memory", needs(case_, task), node, to_string(memory_[node]->ledger.limit())));
}

void Run::begin_memory() {
  if (std::ranges::all_of(setting_.memory, [](const NodeLimits& one) { return one.memory <= 0; })) return;
  for (const NodeLimits& one : setting_.memory) memory_.push_back(one.memory > 0 ? std::make_unique<NodeMemory>(bytes(one.memory), one.disk) : nullptr);
  uses_.resize(objects_.size());
  for (std::uint32_t object = 0; object < objects_.size(); ++object) {
    uses_[object] = static_cast<std::uint32_t>(objects_[object].users.size());
    const Object& its = case_.objects[object];
    if (its.producer == nobody && memory_[its.home] != nullptr) hold(*memory_[its.home], object, {});
  }
}

/// A result of a task here, or what a program put here: it is there, whether it fits or not.
void Run::hold(NodeMemory& memory, std::uint32_t object, memory::Rank made) {
  const Bytes size = bytes(case_.objects[object].size);
  if (size.value == 0) return;
  memory.ledger.adopt(size);
  Held& held = memory.held[object];
  held.size = size, held.here = Here::resident, held.made = made;
}

/// The node's order of tasks as the ledger has it: falling priority, then as they came.
memory::Rank Run::rank_of(std::uint32_t task) const {
  const auto bits = std::bit_cast<std::uint64_t>(tasks_[task].priority + 0.0);
  const std::uint64_t rising = bits >> 63 != 0 ? ~bits : bits | 1ull << 63;
  return {~rising << 32 | (tasks_[task].order & 0xFFFFFFFF), static_cast<std::int32_t>(static_cast<std::uint32_t>(rising >> 32) ^ 0x80000000u)};
}

/// What it will hold besides what is in memory already: its outputs, and inputs that have to come from disk.
std::pair<Bytes, Bytes> Run::asks_for(NodeMemory& memory, std::uint32_t task) const {
  Bytes own, loads;
  for (const std::uint32_t object : case_.tasks[task].outputs) own += bytes(case_.objects[object].size);
  if (memory.spilled.value == 0) return {own, loads};
  std::vector<std::uint32_t> inputs = case_.tasks[task].inputs;
  std::ranges::sort(inputs);
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  for (const std::uint32_t input : inputs)
    if (const Held* held = memory.find(input); held != nullptr && held->here == Here::spilled) loads += held->size;
  return {own, loads};
}

void Run::run_with_memory(std::uint32_t which) {
  NodeMemory& memory = *memory_[which];
  give_turns(which);
  start_downloads(which);
  settle(which);
  start_prepared(which);
  while (make_room(which)) start_prepared(which);
  try_another(which, memory);
  start_prepared(which);
}

/// Cores that are free, less those of tasks whose turn has come and that do not run; a node that has results on disk gets as many more as it has cores, so that it reads while it computes.
bool Run::has_turn(std::uint32_t which, std::uint32_t task) const {
  const NodeState& node = nodes_[which];
  const NodeMemory& memory = *memory_[which];
  std::uint64_t cores = case_.tasks[task].cpus;
  std::vector<std::int64_t> left = node.free_amounts;
  for (const NodeMemory::Turn& turn : memory.turns) {
    if (turn.phase == Phase::running) continue;
    cores += case_.tasks[turn.task].cpus;
    for (std::size_t i = 0; i < left.size() && !case_.needs.empty(); ++i) left[i] -= static_cast<std::int64_t>(case_.needs[turn.task][i]);
  }
  if (cores > node.free + (memory.spilled.value > 0 ? case_.cpus[which] : 0)) return false;
  for (std::size_t i = 0; i < left.size() && !case_.needs.empty(); ++i)
    if (left[i] < static_cast<std::int64_t>(case_.needs[task][i])) return false;
  return true;
}

/// A task asks for memory only when its turn has come: what is made before its users can follow would fill the memory (O6).
void Run::give_turns(std::uint32_t which, std::uint64_t before) {
  NodeState& node = nodes_[which];
  std::ranges::sort(node.ready, [&](std::uint32_t a, std::uint32_t b) { return rank_of(a) < rank_of(b); });
  double least = -never;  // Of the priorities that may start.
  for (std::size_t i = 0; i < node.ready.size();) {
    const std::uint32_t task = node.ready[i];
    const TaskState& state = tasks_[task];
    if (state.order >= before) {
      ++i;
      continue;
    }
    if (state.priority >= least && (has_turn(which, task) || (put_back_later(which, rank_of(task)) && has_turn(which, task)))) {
      std::erase(node.ready, task);
      admit(which, task);
      continue;
    }
    if (state.priority >= least) least = std::max(least, state.blocking);
    ++i;
  }
}

/// Who waits for memory does not keep a more urgent one from its turn.
bool Run::put_back_later(std::uint32_t which, memory::Rank than) {
  NodeMemory& memory = *memory_[which];
  std::uint32_t last = nobody;
  for (const NodeMemory::Turn& turn : memory.turns)
    if (turn.phase == Phase::admitting && than < rank_of(turn.task) && (last == nobody || rank_of(last) < rank_of(turn.task))) last = turn.task;
  if (last == nobody) return false;
  put_back(which, last);
  return true;
}

void Run::put_back(std::uint32_t which, std::uint32_t task) {
  leave_turn(which, task);
  std::vector<std::uint32_t>& ready = nodes_[which].ready;
  ready.insert(std::ranges::find_if(ready, [&](std::uint32_t one) { return rank_of(task) < rank_of(one); }), task);
}

/// Asks for all that it will hold, at once: it never holds a part and waits for the rest.
void Run::admit(std::uint32_t which, std::uint32_t task) {
  NodeMemory& memory = *memory_[which];
  const auto [own, loads] = asks_for(memory, task);
  memory.turns.push_back({task, Phase::admitting, own + loads});
  if (memory.ledger.request(task, own + loads, rank_of(task)) == memory::Verdict::granted) grant(which, task);
}

/// Its memory is reserved. Meanwhile an input was perhaps spilled for somebody who goes first, or loaded for him.
void Run::grant(std::uint32_t which, std::uint32_t task) {
  NodeMemory& memory = *memory_[which];
  NodeMemory::Turn& turn = *memory.turn_of(task);
  const auto [own, loads] = asks_for(memory, task);
  if (own + loads > turn.reserved) {
    memory.ledger.unreserve(turn.reserved);
    turn.reserved = own + loads;
    if (memory.ledger.request(task, turn.reserved, rank_of(task)) != memory::Verdict::granted) return;
  } else {
    memory.ledger.unreserve(turn.reserved - own - loads);
  }
  turn.reserved = own;
  for (const std::uint32_t input : case_.tasks[task].inputs) {
    Held* const held = memory.find(input);
    if (held == nullptr) continue;
    ++held->locks;
    if (held->here == Here::spilled) load(which, input);
    turn.loads += held->here == Here::loading;
  }
  turn.phase = turn.loads == 0 ? Phase::prepared : Phase::loading;
}

void Run::start_prepared(std::uint32_t which) {
  NodeState& node = nodes_[which];
  NodeMemory& memory = *memory_[which];
  std::vector<std::uint32_t> prepared;
  for (const NodeMemory::Turn& turn : memory.turns)
    if (turn.phase == Phase::prepared) prepared.push_back(turn.task);
  std::ranges::sort(prepared, [&](std::uint32_t a, std::uint32_t b) { return rank_of(a) < rank_of(b); });
  for (const std::uint32_t task : prepared) {
    if (!has_room(node, task)) continue;
    memory.turn_of(task)->phase = Phase::running;
    begin(which, task);
  }
}

/// Nothing runs or moves, and who is first does not fit: whoever does fit may free what it needs (M6).
void Run::try_another(std::uint32_t which, NodeMemory& memory) {
  if (memory.ledger.waiting() == 0 || memory.moves() || is_about_to_fit(memory)) return;
  for (const std::uint32_t task : std::vector<std::uint32_t>(nodes_[which].ready)) {
    const auto [own, loads] = asks_for(memory, task);
    if (own + loads > memory.ledger.available()) continue;
    std::vector<std::uint32_t> waiting;
    for (const NodeMemory::Turn& turn : memory.turns) waiting.push_back(turn.task);
    for (const std::uint32_t one : waiting) put_back(which, one);
    std::erase(nodes_[which].ready, task);
    return admit(which, task);
  }
}

/// The task, which does not run, gives up what it holds and asks for.
void Run::leave_turn(std::uint32_t which, std::uint32_t task) {
  NodeMemory& memory = *memory_[which];
  const NodeMemory::Turn turn = *memory.turn_of(task);
  std::erase_if(memory.turns, [&](const NodeMemory::Turn& one) { return one.task == task; });
  if (turn.phase == Phase::admitting) {
    memory.ledger.withdraw(task);
    return;
  }
  memory.ledger.unreserve(turn.reserved);
  for (const std::uint32_t input : case_.tasks[task].inputs)
    if (Held* const held = memory.find(input)) --held->locks, drop_if_unused(which, input);
}

/// What the task made takes the place of what was reserved for it.
void Run::keep_results(std::uint32_t task) {
  const std::uint32_t node = tasks_[task].node;
  if (memory_[node] == nullptr) return;
  NodeMemory& memory = *memory_[node];
  leave_turn(node, task);
  for (const std::uint32_t object : case_.tasks[task].outputs) {
    unwant(node, object);  // It is made again where it was to be fetched.
    if (Held* const held = memory.find(object)) held->is_dropped = held->is_copy = false;
    else hold(memory, object, rank_of(task));
  }
}

/// The object was made again on `node`; elsewhere it may be going only when what uses it has ended.
void Run::revive(std::uint32_t which, std::uint32_t node) {
  for (std::uint32_t other = 0; other < memory_.size(); ++other) {
    Held* const held = has_memory(other) && other != node ? memory_[other]->find(which) : nullptr;
    if (held == nullptr || !std::exchange(held->is_dropped, false)) continue;
    nodes_[other].wanted.erase(which);
    if (held->here != Here::filling) reach(other, which);
    else if (const auto place = objects_[which].at(other); place == objects_[which].places.end() || place->node != other) objects_[which].places.insert(place, {other, false});
  }
}

/// What it used, and what it made again, may not be needed any more.
void Run::used(std::uint32_t task) {
  for (const std::uint32_t output : case_.tasks[task].outputs) {
    revive(output, tasks_[task].node);
    if (uses_[output] == 0 && !objects_[output].users.empty()) release(output);
  }
  for (const std::uint32_t input : case_.tasks[task].inputs)
    if (--uses_[input] == 0) release(input);
}

/// No task needs it any more. What was there from the beginning stays where it was: nobody could make it again.
void Run::release(std::uint32_t which) {
  ObjectState& object = objects_[which];
  if (case_.objects[which].producer == nobody || !object.exists) return;
  object.exists = false;
  for (const Place& place : std::exchange(object.places, {}))
    if (memory_[place.node] != nullptr && memory_[place.node]->find(which) != nullptr) {
      memory_[place.node]->find(which)->is_dropped = true;
      drop_if_unused(place.node, which);
    }
}

std::string Run::why_no_memory(std::uint32_t node, Bytes size) const {
  const memory::Ledger& ledger = memory_[node]->ledger;
  return fmt::format("{} of node {}, of whose {} {} hold results and {} are reserved{}", to_string(size), node, to_string(ledger.limit()), to_string(ledger.resident()),
                     to_string(ledger.reserved()), memory_[node]->disk > 0 ? "" : ", and which has no disk");
}
}  // namespace tessera::simulation::engine
