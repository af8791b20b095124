// What a node tells of its memory: its status and its log.
#include "actors/node.hpp"
#include "runtime/node/usage.hpp"

namespace tessera::actors {
using runtime::node::ChunkSlot;

namespace {
constexpr std::size_t chunks_always_walked = 10'000;  // In some 100 us.
}  // namespace

runtime::protocol::NodeStatus Node::totals() {
  Lock lock(mutex_);
  return core_.status();
}

runtime::protocol::NodeStatus Node::status() {
  Lock lock(mutex_);
  runtime::protocol::NodeStatus status = core_.status();
  const std::int64_t begin = now_ns();
  if (core_.chunk_slots() <= chunks_always_walked || begin - walked_at_ns_ >= 100 * walk_ns_) {
    auto all = core_.by_operation([this](runtime::JobId job, runtime::OperationId operation) { return name_of(job, operation); });
    walked_at_ns_ = now_ns();
    walk_ns_ = walked_at_ns_ - begin;
    operations_status_ = runtime::node::largest_first(std::move(all), runtime::protocol::operations_max);
  }
  status.operations = operations_status_;
  return status;
}

std::string Node::name_of(runtime::JobId job, runtime::OperationId operation) const {
  const auto at = operations_.find(job.value);
  return at == operations_.end() || at->second.size() <= operation.value ? runtime::protocol::other_operations : at->second[operation.value].name;
}

MemorySample Node::sample() const {
  const runtime::memory::Ledger& book = core_.ledger();
  const runtime::protocol::NodeStatus its = core_.status();
  return {book.resident(), book.reserved(), book.overhead(), its.spilled, book.limit(), its.queued, book.waiting()};
}

/// Small values come and go with the tasks: of them there are no events.
void Node::note_kept(ChunkSlot slot) {
  if (!log_) return;
  if (logged_.size() <= slot) logged_.resize(slot + 1);
  logged_[slot] = {};
  if (core_.size_of(slot) <= value_max_) return;
  const auto named = [this](runtime::JobId job, runtime::OperationId operation) { return name_of(job, operation); };
  logged_[slot] = {core_.id_of(slot).key, core_.size_of(slot), log_->operation(core_.made_by(slot, named))};
}

void Node::log(MemoryEvent::Kind kind, ChunkSlot slot, runtime::Duration took) {
  if (!log_ || logged_[slot].size.value == 0) return;
  log_->event(now_ns(), sample(), {kind, logged_[slot].operation, logged_[slot].key, logged_[slot].size, took});
}
}  // namespace tessera::actors
