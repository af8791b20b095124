// What a node's lanes do: take a task, compute, hand in what came of it, and tell the coordinator.
#include "actors/node.hpp"

#include <utility>

namespace tessera::actors {
using namespace runtime::node;
using runtime::Bytes;
using runtime::ChunkId;

namespace {
constexpr std::size_t reports_a_message = 64;
constexpr runtime::Duration short_max{200'000};  ///< As long may a report wait for others.
}  // namespace

void Node::lane_main(std::uint32_t number) {
  caf::detail::set_thread_name(("lane." + std::to_string(number)).c_str());
  RuntimeThread mark;
  Lane lane(*this);
  Lock lock(mutex_);
  while (!stopping_) {
    if (take(lock, lane)) {
      lane_cores_.settle(number, lane.began_ns_);
      compute(lock, lane);
    } else {
      lane_cores_.rests(number);
      idle_.wait(lock, [this] { return stopping_; });
    }
  }
}

const Work* Node::take(Lane& lane) {
  Lock lock(mutex_);
  return take(lock, lane) ? &lane.actor_->work() : nullptr;
}

bool Node::take(Lock& lock, Lane& lane) {
  while (!stopping_) {
    if (!unloaded_.empty()) {  // Before who was given that room takes it.
      tidy(lock);
      lock.lock();
      continue;
    }
    if (made_bytes_ >= measure_bytes_) {
      made_bytes_ = 0;
      lock.unlock();
      measure();
      lock.lock();
      continue;
    }
    if (!run_queue_.empty()) {
      take_first(lane);
      end_actors(lock, lane.ended_);
      lane.began_ns_ = now_ns();
      return true;
    }
    if (core_.reports() > 0 && (computing_ == 0 || is_simulated_ || !idle_.look(lock))) flush();
    if (!run_queue_.empty()) continue;
    if (ended_.empty()) break;
    tidy(lock);
    lock.lock();
  }
  return false;
}

void Node::take_first(Lane& lane) {
  lane.ended_.swap(ended_);
  lane.task_ = run_queue_.front();
  run_queue_.pop_front();
  idle_.left(run_queue_.size());
  lane.is_short_ = prepare(lane.task_);
  if (!lane.is_short_) flush();
  lane.actor_ = task_actors_[lane.task_];
  ++computing_;
}

void Node::compute(Lane& lane) {
  Lock lock(mutex_, std::defer_lock);
  compute(lock, lane);
}

void Node::compute(Lock& lock, Lane& lane) {
  lane.actor_->resume(&lane.unit_, 1);
  const runtime::Instant left{now_ns()};
  const runtime::Duration took{left.ns - lane.began_ns_};
  arrays::Outcome outcome = std::move(lane.actor_->outcome());
  lane.actor_->work().inputs.clear();
  lane.actor_.reset();
  SlimHandle<ChunkActor> chunk;
  Bytes size;
  if (auto* payload = std::get_if<arrays::Payload>(&outcome)) {
    size = {payload->size_bytes()};
    chunk = spawn_slim<ChunkActor>(system_, nullptr, std::move(*payload));
  }
  lock.lock();
  --computing_;
  if (lane.is_short_ != (took <= short_max))
    if (Named* const its = named(core_.view(lane.task_))) its->is_short = !lane.is_short_;
  finished_ = std::move(chunk);
  finish(lane.task_, std::move(outcome), size, took, left);
}

bool Node::prepare(TaskSlot slot) {
  const TaskView view = core_.view(slot);
  Work& work = task_actors_[slot]->work();
  const Named* const its = named(view);
  work.operation = its != nullptr ? its->operation : nullptr;
  if (its != nullptr && its->operation == nullptr) work.operation_name = its->name;
  work.params = view.params;
  work.id = view.id;
  work.attempt = view.attempt;
  work.report_value = view.report_value;
  work.inputs.clear();
  for (const ChunkSlot input : view.inputs) work.inputs.push_back(chunk_actors_[input]->payload());
  return its != nullptr && its->is_short;
}

void Node::finish(TaskSlot slot, arrays::Outcome outcome, Bytes size, runtime::Duration took, runtime::Instant ended) {
  ++counters_.executed;
  made_bytes_ += size.value;
  if (finished_) {
    arriving_ = {core_.view(slot).id, &finished_->payload()};
    core_.step(LaneFinished{slot, size, took, std::nullopt, ended}, effects_);
  } else if (auto* delegation = std::get_if<arrays::Delegation>(&outcome)) {
    core_.step(LaneDelegated{slot, std::move(delegation->graph), delegation->result, took, ended}, effects_);
  } else {
    core_.step(LaneErrored{slot, std::move(std::get<runtime::protocol::Blame>(outcome)), took, ended}, effects_);
  }
  arriving_.reset();
  perform(/*on_lane=*/true);
  finished_.reset();
  if (core_.urgent() || core_.reports() >= reports_a_message || took > short_max) flush();
}

void Node::flush() {
  if (core_.reports() == 0) return;
  reports_.clear();
  core_.take_reports(reports_);
  for (runtime::protocol::Reports& reports : reports_) {
    ++counters_.report_messages;
    outlets_.to_coordinator(std::move(reports));
  }
}
}  // namespace tessera::actors
