// Whose memory is whose. Nothing is counted while tasks run, but how many are done: who asks pays.
#include "runtime/node/usage.hpp"

#include "runtime/node/core.hpp"

#include <algorithm>
#include <tuple>

namespace tessera::runtime::node {
using protocol::OperationStatus;
using task::execution::Phase;

namespace {
constexpr std::uint64_t nobody = ~std::uint64_t{0};

Bytes bytes_of(const OperationStatus& one) { return one.resident + one.spilled + one.reserved; }
bool is_empty(const OperationStatus& one) { return one.done == 0 && one.running == 0 && bytes_of(one).value == 0; }

void add(OperationStatus& to, const OperationStatus& one) {
  to.done += one.done, to.running += one.running;
  to.resident += one.resident, to.spilled += one.spilled, to.reserved += one.reserved;
  to.largest = std::max(to.largest, one.largest);
}
}  // namespace

std::vector<OperationStatus> largest_first(std::vector<OperationStatus> all, std::size_t count_max) {
  std::ranges::sort(all, {}, &OperationStatus::name);
  std::vector<OperationStatus> merged;
  OperationStatus others{.name = protocol::other_operations};
  for (OperationStatus& one : all) {
    if (one.name == protocol::other_operations) add(others, one);
    else if (merged.empty() || merged.back().name != one.name) merged.push_back(std::move(one));
    else add(merged.back(), one);
  }
  std::ranges::sort(merged, [](const OperationStatus& a, const OperationStatus& b) {
    return std::tuple(bytes_of(b), b.done, a.name) < std::tuple(bytes_of(a), a.done, b.name);
  });
  for (; merged.size() > count_max; merged.pop_back()) add(others, merged.back());
  if (!is_empty(others)) merged.push_back(std::move(others));
  return merged;
}

Core::Maker Core::learn(std::uint64_t operation, Bytes output) {
  Learnt& learnt = learnt_[operation];
  learnt.output = std::max(learnt.output, output);
  ++learnt.done;
  if (learnt.maker != by_program) return learnt.maker;
  if (!free_makers_.empty()) {
    learnt.maker = free_makers_.back();
    free_makers_.pop_back();
    makers_[learnt.maker] = operation;
  } else if (makers_.size() < by_others) {
    learnt.maker = static_cast<Maker>(makers_.size());
    makers_.push_back(operation);
  } else {
    learnt.maker = by_others;
  }
  return learnt.maker;
}

void Core::forget_operations(JobId job) {
  std::erase_if(learnt_, [&](const auto& one) {
    if (one.first >> 32 != job.value) return false;
    if (const Maker maker = one.second.maker; maker != by_others) {
      makers_[maker] = nobody;
      free_makers_.push_back(maker);
    }
    return true;
  });
  // Not in the order of the table, so that equal events give equal places.
  std::ranges::sort(free_makers_, std::greater());
}

std::string Core::made_by(ChunkSlot slot, const NameOf& name_of) const {
  const Chunk& chunk = chunks_[slot];
  if (chunk.is_copy) return protocol::copies;
  if (chunk.maker == by_program) return protocol::scattered;
  if (chunk.maker == by_others) return protocol::other_operations;
  const std::uint64_t operation = makers_[chunk.maker];
  return name_of({static_cast<std::uint32_t>(operation >> 32)}, {static_cast<std::uint32_t>(operation)});
}

std::vector<OperationStatus> Core::by_operation(const NameOf& name_of) const {
  // By maker; then copies, then all others; then those whose first task has no result yet.
  std::vector<OperationStatus> all(makers_.size() + 2);
  const std::size_t copies = makers_.size(), others = copies + 1;
  const auto name = [&](std::uint64_t operation) {
    return name_of({static_cast<std::uint32_t>(operation >> 32)}, {static_cast<std::uint32_t>(operation)});
  };
  all[by_program].name = protocol::scattered;
  all[copies].name = protocol::copies;
  all[others].name = protocol::other_operations;
  for (const auto& [operation, learnt] : learnt_) {
    OperationStatus& one = all[learnt.maker == by_others ? others : learnt.maker];
    if (learnt.maker != by_others) one.name = name(operation);
    one.done += learnt.done;
    one.largest = std::max(one.largest, learnt.output);
  }
  for (const Chunk& chunk : chunks_) {
    if (chunk.here == Here::absent && chunk.incoming.value == 0) continue;
    OperationStatus& one = all[chunk.is_copy ? copies : chunk.maker == by_others ? others : chunk.maker];
    if (is_in_memory(chunk.here)) one.resident += chunk.size;
    if (chunk.here == Here::spilled || chunk.here == Here::loading) one.spilled += chunk.size;
    (chunk.pull_open ? all[copies] : one).reserved += chunk.incoming;
  }
  std::unordered_map<std::uint64_t, std::size_t> first_ones;
  for (const Task& task : tasks_) {
    if (task.chunk == nil || task.phase < Phase::loading) continue;
    const std::uint64_t operation = std::uint64_t{task.batch->job.value} << 32 | task.what().operation.value;
    std::size_t at = 0;
    if (const auto learnt = learnt_.find(operation); learnt != learnt_.end()) {
      at = learnt->second.maker == by_others ? others : learnt->second.maker;
    } else {
      at = first_ones.try_emplace(operation, all.size()).first->second;
      if (at == all.size()) all.push_back({.name = name(operation)});
    }
    all[at].running += task.phase == Phase::running || task.phase == Phase::discarded;
    all[at].reserved += task.reserved;
  }
  std::erase_if(all, is_empty);
  return all;
}
}  // namespace tessera::runtime::node
