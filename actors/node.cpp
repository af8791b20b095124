#include "actors/node.hpp"

#include "runtime/base/assert.hpp"

#include <chrono>

namespace tessera::actors {
using namespace runtime::node;
using runtime::Bytes;
using runtime::ChunkId;
using runtime::NodeId;

namespace {
thread_local int runtime_depth = 0;
constexpr std::size_t reports_a_message = 64;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

bool inside_runtime() { return runtime_depth > 0; }
RuntimeThread::RuntimeThread() { ++runtime_depth; }
RuntimeThread::~RuntimeThread() { --runtime_depth; }

Node::Node(caf::actor_system& system, Config config, NodeOutlets outlets)
    : system_(system), self_(config.self), value_max_(config.value_max), outlets_(std::move(outlets)), core_(config) {
  for (std::uint32_t lane = 0; lane < config.lanes; ++lane) lanes_.emplace_back([this, lane] { lane_main(lane); });
}

Node::~Node() { stop(); }

void Node::stop() {
  {
    Lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    for (const auto& actor : task_actors_)
      if (actor) actor->stop();
  }
  wake_.notify_all();
  for (std::thread& lane : lanes_) lane.join();
  std::unordered_map<std::uint64_t, Delivered> asked;
  {
    Lock lock(mutex_);
    for (auto& actor : task_actors_)
      if (actor) actor->end(caf::exit_reason::user_shutdown);
    for (auto& actor : chunk_actors_)
      if (actor) actor->end(caf::exit_reason::user_shutdown);
    task_actors_.clear();
    chunk_actors_.clear();
    asked.swap(asked_);
  }
  for (auto& [token, done] : asked) done(std::nullopt);
}

void Node::lane_main(std::uint32_t lane) {
  caf::detail::set_thread_name(("lane." + std::to_string(lane)).c_str());
  RuntimeThread mark;
  caf::scoped_execution_unit unit(&system_);
  Lock lock(mutex_);
  while (!stopping_) {
    if (!run_queue_.empty()) {
      run_one(lock, unit);
      continue;
    }
    if (core_.reports() > 0) {
      flush();
      continue;
    }
    ++idle_lanes_;
    wake_.wait(lock);
    --idle_lanes_;
  }
}

void Node::run_one(Lock& lock, caf::execution_unit& lane) {
  const TaskSlot slot = run_queue_.front();
  run_queue_.pop_front();
  prepare(slot);
  SlimHandle<TaskActor> actor = task_actors_[slot];
  lock.unlock();
  const std::int64_t begin = now_ns();
  actor->resume(&lane, 1);
  const runtime::Duration took{now_ns() - begin};
  arrays::Outcome outcome = std::move(actor->outcome());
  actor.reset();
  lock.lock();
  finish(slot, std::move(outcome), took);
}

void Node::prepare(TaskSlot slot) {
  const TaskView view = core_.view(slot);
  Work& work = task_actors_[slot]->work();
  const auto& named = operations_[view.id.job.value];
  if (view.operation.value < named.size())
    std::tie(work.operation, work.operation_name) = std::tie(named[view.operation.value].first, named[view.operation.value].second);
  work.params = view.params;
  work.id = view.id;
  work.attempt = view.attempt;
  work.report_value = view.report_value;
  work.inputs.clear();
  for (const ChunkSlot input : view.inputs) work.inputs.push_back(chunk_actors_[input]->payload());
}

void Node::finish(TaskSlot slot, arrays::Outcome outcome, runtime::Duration took) {
  ++counters_.executed;
  if (auto* payload = std::get_if<arrays::Payload>(&outcome)) {
    const Bytes size{payload->size_bytes()};
    finished_result_ = std::move(outcome);
    core_.step(LaneFinished{slot, size, took, std::nullopt}, effects_);
  } else if (auto* delegation = std::get_if<arrays::Delegation>(&outcome)) {
    core_.step(LaneDelegated{slot, std::move(delegation->graph), delegation->result}, effects_);
  } else {
    core_.step(LaneErrored{slot, std::move(std::get<runtime::protocol::Blame>(outcome))}, effects_);
  }
  perform(/*on_lane=*/true);
  finished_result_ = arrays::Payload{};
  if (core_.urgent() || core_.reports() >= reports_a_message || took.ns > 200'000) flush();
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

void Node::perform(bool on_lane) {
  // Effects of effects do not exist: what performs them never steps the core.
  for (Effect& effect : effects_) std::visit([this](auto& one) { perform(one); }, effect);
  effects_.clear();
  const std::size_t own = on_lane ? 1 : 0;
  if (run_queue_.size() <= own || idle_lanes_ == 0) return;
  const std::size_t wanted = std::min<std::size_t>(run_queue_.size() - own, idle_lanes_);
  for (std::size_t i = 0; i < wanted; ++i) wake_.notify_one();
  counters_.wakeups += wanted;
}

void Node::perform(SpawnTask& effect) {
  if (task_actors_.size() <= effect.task) task_actors_.resize(effect.task + 1);
  task_actors_[effect.task] = spawn_slim<TaskActor>(system_, nullptr);
  ++counters_.task_actors;
}

void Node::perform(RunTask& effect) { run_queue_.push_back(effect.task); }

void Node::perform(StopTask& effect) { task_actors_[effect.task]->stop(); }

void Node::perform(KeepResult& effect) {
  keep(effect.chunk, std::move(std::get<arrays::Payload>(finished_result_)));
  task_actors_[effect.task]->end();
  task_actors_[effect.task].reset();
}

void Node::perform(EndTask& effect) {
  task_actors_[effect.task]->end();
  task_actors_[effect.task].reset();
}

void Node::keep(ChunkSlot slot, arrays::Payload payload) {
  if (chunk_actors_.size() <= slot) chunk_actors_.resize(slot + 1);
  chunk_actors_[slot] = spawn_slim<ChunkActor>(system_, nullptr, std::move(payload));
  ++counters_.chunk_actors;
}

void Node::perform(AdoptValue& effect) {
  arrays::Payload payload;
  payload.encoded = runtime::SharedBytes::of(std::move(effect.value));
  payload.encoded_type = std::move(effect.type);
  keep(effect.chunk, std::move(payload));
}

void Node::perform(StartPull& effect) {
  outlets_.pull(effect.chunk, effect.from, core_.id_of(effect.chunk), effect.size);
}

void Node::perform(FreeChunk& effect) {
  if (effect.chunk >= chunk_actors_.size() || !chunk_actors_[effect.chunk]) return;
  chunk_actors_[effect.chunk]->end();
  chunk_actors_[effect.chunk].reset();
}

void Node::perform(SendOffer& effect) {
  const arrays::Payload& payload = chunk_actors_[effect.chunk]->payload();
  const runtime::SharedBytes bytes = payload.bytes();
  runtime::protocol::Offer offer{core_.id_of(effect.chunk), {bytes.bytes.size()}, payload.type_name(), std::nullopt};
  if (offer.size <= value_max_) offer.value.emplace(bytes.bytes.begin(), bytes.bytes.end());
  outlets_.to_peer(effect.to, std::move(offer));
}

void Node::perform(Deliver& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) return;
  Delivered done = std::move(at->second);
  asked_.erase(at);
  done(chunk_actors_[effect.chunk]->payload());
}

void Node::perform(DeliverNothing& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) return;
  Delivered done = std::move(at->second);
  asked_.erase(at);
  done(std::nullopt);
}

void Node::perform(ToPeer& effect) { outlets_.to_peer(effect.node, std::move(effect.message)); }

void Node::assign(std::shared_ptr<const runtime::protocol::Assign> batch) { step(std::move(batch)); }

void Node::name_operations(const runtime::protocol::Operations& operations) {
  Lock lock(mutex_);
  auto& named = operations_[operations.job.value];
  if (named.size() < operations.first.value + operations.names.size())
    named.resize(operations.first.value + operations.names.size());
  for (std::size_t i = 0; i < operations.names.size(); ++i)
    named[operations.first.value + i] = {arrays::OperationTable::global().find(operations.names[i]), operations.names[i]};
}

void Node::put(const ChunkId& chunk, arrays::Payload payload) {
  Lock lock(mutex_);
  const Bytes size{payload.size_bytes()};
  core_.step(Put{chunk, size}, effects_);
  const ChunkSlot slot = core_.find_resident(chunk);
  if (slot >= chunk_actors_.size() || !chunk_actors_[slot]) keep(slot, std::move(payload));
  perform(/*on_lane=*/false);
  flush();
}

std::uint64_t Node::ask(const ChunkId& chunk, NodeId holder, Delivered done) {
  Lock lock(mutex_);
  const std::uint64_t token = next_token_++;
  asked_.emplace(token, std::move(done));
  core_.step(Ask{chunk, holder, token}, effects_);
  perform(/*on_lane=*/false);
  flush();
  return token;
}

void Node::unask(const ChunkId& chunk, std::uint64_t token) {
  Lock lock(mutex_);
  asked_.erase(token);
  core_.step(Unask{chunk, token}, effects_);
  perform(/*on_lane=*/false);
}

void Node::pulled(ChunkSlot slot, std::optional<arrays::Payload> payload) {
  Lock lock(mutex_);
  if (stopping_) return;
  const bool ok = payload.has_value();
  if (ok) keep(slot, std::move(*payload));
  core_.step(Pulled{slot, ok}, effects_);
  perform(/*on_lane=*/false);
  flush();
}

std::optional<arrays::Payload> Node::find(const ChunkId& chunk) {
  Lock lock(mutex_);
  const ChunkSlot slot = core_.find_resident(chunk);
  if (slot == nil) return std::nullopt;
  return chunk_actors_[slot]->payload();
}

runtime::protocol::NodeStatus Node::status() {
  Lock lock(mutex_);
  return core_.status();
}

NodeCounters Node::counters() {
  Lock lock(mutex_);
  return counters_;
}

std::size_t Node::tasks() {
  Lock lock(mutex_);
  return core_.tasks();
}

std::size_t Node::chunks() {
  Lock lock(mutex_);
  return core_.chunks();
}
}  // namespace tessera::actors
